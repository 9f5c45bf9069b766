/* pool.c: one queue, one lock. */
#include "filters/libmilter/pool.h"

#include <errno.h>
#include <time.h>

int pool_init(struct pool *pool, unsigned limit)
{
    pthread_condattr_t attributes;

    *pool = (struct pool){.last = &pool->first, .limit = limit};
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    if (pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_mutex_init(&pool->lock, NULL) != 0)
        return -1;
    if (pthread_cond_init(&pool->work, &attributes) != 0 || pthread_cond_init(&pool->gone, &attributes) != 0)
        return -1;
    (void)pthread_condattr_destroy(&attributes);
    return 0;
}

static struct timespec after(unsigned milliseconds)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(milliseconds / 1000);
    at.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

/* The next job, under the lock; NULL: the thread is not needed any more. */
static struct job *take(struct pool *pool)
{
    struct timespec end = after(POOL_IDLE_SECONDS * 1000);
    struct job *job;
    int error = 0;

    pool->idle++;
    while (pool->first == NULL && !pool->ending && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&pool->work, &pool->lock, &end);
    pool->idle--;
    job = pool->first;
    if (job == NULL)
        return NULL;
    pool->first = job->next;
    if (pool->first == NULL)
        pool->last = &pool->first;
    pool->waiting--;
    return job;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct job *job;

    (void)pthread_mutex_lock(&pool->lock);
    while ((job = take(pool)) != NULL) {
        (void)pthread_mutex_unlock(&pool->lock);
        job->run(job);
        (void)pthread_mutex_lock(&pool->lock);
    }
    pool->threads--;
    (void)pthread_cond_signal(&pool->gone);
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* One more, under the lock. */
static void hire(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, work, pool) == 0)
        pool->threads++;
    (void)pthread_attr_destroy(&attributes);
}

bool pool_give(struct pool *pool, struct job *job)
{
    bool given;

    (void)pthread_mutex_lock(&pool->lock);
    if (pool->waiting >= pool->idle && pool->threads < pool->limit)
        hire(pool);
    given = pool->threads > 0;
    if (given) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->waiting++;
        (void)pthread_cond_signal(&pool->work);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return given;
}

bool pool_spare(struct pool *pool)
{
    bool spare;

    (void)pthread_mutex_lock(&pool->lock);
    spare = pool->idle > pool->waiting;
    (void)pthread_mutex_unlock(&pool->lock);
    return spare;
}

bool pool_end(struct pool *pool, unsigned milliseconds)
{
    struct timespec end = after(milliseconds);
    bool ended;

    (void)pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    while (pool->threads > 0 && pthread_cond_timedwait(&pool->gone, &pool->lock, &end) != ETIMEDOUT)
        continue;
    ended = pool->threads == 0;
    (void)pthread_mutex_unlock(&pool->lock);
    if (ended) {
        (void)pthread_cond_destroy(&pool->work);
        (void)pthread_cond_destroy(&pool->gone);
        (void)pthread_mutex_destroy(&pool->lock);
    }
    return ended;
}
