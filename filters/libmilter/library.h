/* library.h: what one filter has registered and set. There is one filter to a process, unless several have
 * been loaded into it (host.c): then the functions that have no place to say which find it by who calls them.
 */
#ifndef FILTERS_LIBMILTER_LIBRARY_H
#define FILTERS_LIBMILTER_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/libmilter/inlet.h"

#define LIBRARY_NAME_MAX 128 /* octets of a filter's name that the log shows */
#define LIBRARY_CONN_MAX 512 /* more than any address of a socket has */

struct library {
    struct smfiDesc filter;
    char name[LIBRARY_NAME_MAX]; /* the filter's */
    bool registered;
    char conn[LIBRARY_CONN_MAX]; /* of smfi_setconn(); empty before */
    struct door door;
    bool open;
    int backlog, timeout, debug;
    size_t limit; /* octets of data of a packet */
    /* Of one that was loaded; NULL: it listens on its socket. serve() is all of smfi_main(). */
    int (*serve)(struct library *library);
    void (*stop)(struct library *library);
};

#define LIBRARY_TIMEOUT 7210 /* seconds */
#define LIBRARY_BEGIN   .backlog = SOMAXCONN, .timeout = LIBRARY_TIMEOUT, .limit = MILTER_MAX_DATA_SIZE

/* The filter that this thread runs for; NULL: to be found. */
extern _Thread_local struct library *library_here;
/* The loaded filter that code at this address belongs to; NULL: none. Set by host.c. */
extern struct library *(*library_find)(const void *caller);

#endif
