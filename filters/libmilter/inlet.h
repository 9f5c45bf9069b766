/* inlet.h: where a filter listens: the string of smfi_setconn() read, the socket opened and taken away
 * again. Accepting is left to server.c. */
#ifndef FILTERS_LIBMILTER_INLET_H
#define FILTERS_LIBMILTER_INLET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "libmilter/mfapi.h"

struct inlet {
    struct sockaddr_storage address;
    socklen_t len;
    int inherited; /* "fd:N"; else -1 */
};

/* An open one. */
struct door {
    int fd;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a unix socket that we made, else empty */
    dev_t device;
    ino_t inode;
};

/* conn = path / ( "unix" / "local" / "" ) ":" path / ( "inet" / "inet6" ) ":" port [ "@" host ] / "fd:"
 * number ; port: a number or a service's name. host: a name, or an address in brackets. Types in any case.
 * NULL: done; else what is wrong with it. Names are looked up, which may take its time. */
const char *inlet_parse(const char *conn, struct inlet *out);

/* Listens there. With `clear` a unix socket in the way is removed. -1: the log says why. */
int door_open(struct door *door, const struct smfiDesc *filter, const char *conn, int backlog, bool clear);
/* Closes it and removes the unix socket, if it is still ours. */
void door_close(struct door *door);

#endif
