/* module.h: a loaded milter as host.c and visit.c both know it. */
#ifndef FILTERS_LIBMILTER_MODULE_H
#define FILTERS_LIBMILTER_MODULE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "filters/libmilter/library.h"
#include "filters/libmilter/team.h"

struct module {
    struct library library; /* the first member: serve() and stop() know the module by it */
    LIST_ENTRY(module) all;
    void *handle;
    const void *base; /* where its code has been put */
    int (*main)(int argc, char **argv, char **environment);
    char **arguments;
    int count;
    pthread_t thread;
    struct team team;
    atomic_uint visits;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t changed;
    bool parked, leaving, returned;
    int status;
};

#endif
