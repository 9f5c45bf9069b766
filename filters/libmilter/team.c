/* team.c: one queue, one lock. */
#include "filters/libmilter/team.h"

#include <errno.h>
#include <time.h>

int team_init(struct team *team, unsigned limit)
{
    pthread_condattr_t attributes;

    *team = (struct team){.last = &team->first, .limit = limit};
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    if (pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_mutex_init(&team->lock, NULL) != 0)
        return -1;
    if (pthread_cond_init(&team->work, &attributes) != 0 || pthread_cond_init(&team->gone, &attributes) != 0)
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
static struct job *take(struct team *team)
{
    struct timespec end = after(TEAM_IDLE_SECONDS * 1000);
    struct job *job;
    int error = 0;

    team->idle++;
    while (team->first == NULL && !team->ending && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&team->work, &team->lock, &end);
    team->idle--;
    job = team->first;
    if (job == NULL)
        return NULL;
    team->first = job->next;
    if (team->first == NULL)
        team->last = &team->first;
    team->waiting--;
    return job;
}

static void *work(void *arg)
{
    struct team *team = arg;
    struct job *job;

    (void)pthread_mutex_lock(&team->lock);
    while ((job = take(team)) != NULL) {
        (void)pthread_mutex_unlock(&team->lock);
        job->run(job);
        (void)pthread_mutex_lock(&team->lock);
    }
    team->threads--;
    (void)pthread_cond_signal(&team->gone);
    (void)pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* One more, under the lock. */
static void hire(struct team *team)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, work, team) == 0)
        team->threads++;
    (void)pthread_attr_destroy(&attributes);
}

bool team_give(struct team *team, struct job *job)
{
    bool given;

    (void)pthread_mutex_lock(&team->lock);
    if (team->waiting >= team->idle && team->threads < team->limit)
        hire(team);
    given = team->threads > 0;
    if (given) {
        job->next = NULL;
        *team->last = job;
        team->last = &job->next;
        team->waiting++;
        (void)pthread_cond_signal(&team->work);
    }
    (void)pthread_mutex_unlock(&team->lock);
    return given;
}

bool team_spare(struct team *team)
{
    bool spare;

    (void)pthread_mutex_lock(&team->lock);
    spare = team->idle > team->waiting;
    (void)pthread_mutex_unlock(&team->lock);
    return spare;
}

bool team_end(struct team *team, unsigned milliseconds)
{
    struct timespec end = after(milliseconds);
    bool ended;

    (void)pthread_mutex_lock(&team->lock);
    team->ending = true;
    (void)pthread_cond_broadcast(&team->work);
    while (team->threads > 0 && pthread_cond_timedwait(&team->gone, &team->lock, &end) != ETIMEDOUT)
        continue;
    ended = team->threads == 0;
    (void)pthread_mutex_unlock(&team->lock);
    if (ended) {
        (void)pthread_cond_destroy(&team->work);
        (void)pthread_cond_destroy(&team->gone);
        (void)pthread_mutex_destroy(&team->lock);
    }
    return ended;
}
