/* server.h: the service: one loop that waits for connections and for octets on them, workers that the
 * callbacks run on. What is done with a connection is left to link.c. */
#ifndef FILTERS_LIBMILTER_SERVER_H
#define FILTERS_LIBMILTER_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/libmilter/inlet.h"

#define SERVER_THREADS 64    /* workers at most, unless LIBMILTER_THREADS says otherwise */
#define SERVER_GRACE   5000u /* milliseconds that callbacks have to return when the service ends */

struct server;

struct service {
    const struct smfiDesc *filter;
    struct door *door; /* open; closed in any case */
    int timeout;       /* seconds, of smfi_settimeout() */
    int debug;
    size_t limit; /* octets of data of a packet */
};

/* Serves until server_stop() or a signal to end. -1: it could not begin. */
int server_run(const struct service *service);
/* Ends the service that runs, and every one that would begin. Any thread, or a signal handler. */
void server_stop(void);

/* For links, on workers. */
bool server_busy(struct server *server); /* others may need this worker, or the service ends */
int server_debug(const struct server *server);
int server_patience(const struct server *server); /* milliseconds; negative: for ever */

#endif
