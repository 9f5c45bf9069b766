/* link.h: one connection of a mail server. It belongs to the loop, which waits for octets, or to a worker,
 * which reads them, runs the engine and writes: never to both. Who it belongs to is left to server.c. */
#ifndef FILTERS_LIBMILTER_LINK_H
#define FILTERS_LIBMILTER_LINK_H

#include <pthread.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "filters/libmilter/context.h"
#include "filters/libmilter/team.h"

struct server;

/* What a link waits for. */
enum link_wait {
    LINK_INPUT,
    LINK_OUTPUT, /* the mail server does not read what is said to it */
    LINK_NOTHING /* it is over */
};

struct link {
    /* the loop's */
    LIST_ENTRY(link) all;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    uint64_t since; /* when it began to wait */
    bool working;   /* a worker has it */
    bool unwanted;  /* it is to end when the worker gives it back */
    /* the worker's, while it has it */
    struct job job;
    struct server *server;
    SLIST_ENTRY(link) done;
    SMFICTX *ctx;
    struct milter_reader reader;
    bool ending; /* there is nothing to serve any more */
    enum link_wait wait;
    /* of all who say something */
    pthread_mutex_t lock;
    struct milter_writer out;
    size_t sent; /* of out */
    int fd;
    int patience; /* milliseconds to wait for the mail server; negative: for ever */
    bool broken;  /* nothing can be said any more */
};

/* Takes fd, which does not block. NULL when memory is short: fd is as it was. limit: octets of data of a
 * packet. */
struct link *link_new(struct server *server, int fd, const struct smfiDesc *filter, size_t limit);
/* Closes and frees; no handle is open any more. */
void link_free(struct link *link);

/* On a worker: serves until there is nothing to do, and sets wait. */
void link_serve(struct link *link);

#endif
