/* bell.h: the bells of one world that other threads have rung, in order: what every world keeps. When their
 * owners are called is left to the world. */
#ifndef BASE_BELL_H
#define BASE_BELL_H

#include <pthread.h>

#include "base/world.h"

/* Embedded by value in a world. */
struct bells {
    pthread_mutex_t lock;
    TAILQ_HEAD(, bell) rung;
};

/* 0 or a negative errno: then there is nothing to free. */
int bells_init(struct bells *bells);
/* None is rung any more. */
void bells_free(struct bells *bells);
/* Any thread. True: the world is to be woken; false: the bell has been rung already. */
bool bells_ring(struct bells *bells, struct bell *bell);
/* As if it had not been rung. */
void bells_leave(struct bells *bells, struct bell *bell);
/* Calls the owner of the first, which may ring and leave bells, its own included. False: there was none. */
bool bells_run_one(struct bells *bells);

#endif
