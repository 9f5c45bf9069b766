/* team.h: threads that run jobs: as many as there are jobs, up to a limit; those without work go away. What a
 * job is, is left to its owner. */
#ifndef FILTERS_LIBMILTER_TEAM_H
#define FILTERS_LIBMILTER_TEAM_H

#include <pthread.h>
#include <stdbool.h>

#define TEAM_IDLE_SECONDS 30 /* without work a thread waits so long for some */

/* Embedded in what the job is about; the team does not touch it any more once it runs. */
struct job {
    struct job *next;
    void (*run)(struct job *job);
};

struct team {
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct job *first, **last;
    unsigned waiting;       /* jobs */
    unsigned threads, idle; /* of which so many have no job */
    unsigned limit;
    bool ending;
};

/* -1 when the system cannot give what it takes. The team must not move. */
int team_init(struct team *team, unsigned limit);
/* Jobs begin in the order in which they were given. False: there is no thread, and none can be had. */
bool team_give(struct team *team, struct job *job);
/* Whether a thread is there for a job that may come. Any thread. */
bool team_spare(struct team *team);
/* Runs what has been given and lets the threads go, for at most so many milliseconds. False: some are still
 * at work, and the team must stay. Otherwise it is freed. */
bool team_end(struct team *team, unsigned milliseconds);

#endif
