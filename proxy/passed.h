/* passed.h: listening sockets that a service manager opened and passed to us (sd_listen_fds(3)). They outlive
 * us: who connects while we restart waits in their backlog. Which listener gets which is left to doors.c. */
#ifndef PASSED_H
#define PASSED_H

#include "base/ip.h"
#include "base/log.h"

struct passed_socket {
    int fd;
    struct ip local;
    bool any_family; /* bound to [::] and takes IPv4, too */
    bool used;       /* by a listener, at some time */
    char *name;      /* of LISTEN_FDNAMES, or "" */
};

/* Embedded by value; zeroed: none. */
struct passed {
    struct passed_socket *sockets;
    size_t count;
};

/* Takes over what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES tell of, and removes these variables. What is no
 * listening TCP socket is left alone, with a warning. Before threads start. False: no memory. */
bool passed_take(struct passed *passed, struct log *log);
/* The one bound to *local, else the one with this name, for a listener to use; NULL: none of them. */
const struct passed_socket *passed_use(struct passed *passed, const struct ip *local, const char *name);
/* Warns of each that no listener has used yet: clients of it wait for an answer in vain. */
void passed_warn_unused(const struct passed *passed, struct log *log);
/* The sockets stay open until the process ends. */
void passed_free(struct passed *passed);

#endif
