/* pool.h: threads that run jobs: as many as there are jobs, up to a limit; those without work go away. What a
 * job is, is left to its owner. */
#ifndef FILTERS_LIBMILTER_POOL_H
#define FILTERS_LIBMILTER_POOL_H

#include <pthread.h>
#include <stdbool.h>

#define POOL_IDLE_SECONDS 30 /* without work a thread waits so long for some */

/* Embedded in what the job is about; the pool does not touch it any more once it runs. */
struct job {
    struct job *next;
    void (*run)(struct job *job);
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct job *first, **last;
    unsigned waiting;       /* jobs */
    unsigned threads, idle; /* of which so many have no job */
    unsigned limit;
    bool ending;
};

/* -1 when the system cannot give what it takes. The pool must not move. */
int pool_init(struct pool *pool, unsigned limit);
/* Jobs begin in the order in which they were given. False: there is no thread, and none can be had. */
bool pool_give(struct pool *pool, struct job *job);
/* Whether a thread is there for a job that may come. Any thread. */
bool pool_spare(struct pool *pool);
/* Runs what has been given and lets the threads go, for at most so many milliseconds. False: some are still
 * at work, and the pool must stay. Otherwise it is freed. */
bool pool_end(struct pool *pool, unsigned milliseconds);

#endif
