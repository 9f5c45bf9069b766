/* bell.c: the bells that other threads have rung, behind one lock; who is woken is left to the world. */
#include "base/bell.h"

#include <assert.h>

int bells_init(struct bells *bells)
{
    TAILQ_INIT(&bells->rung);
    return -pthread_mutex_init(&bells->lock, NULL);
}

void bells_free(struct bells *bells)
{
    assert(TAILQ_EMPTY(&bells->rung));
    (void)pthread_mutex_destroy(&bells->lock);
}

bool bells_ring(struct bells *bells, struct bell *bell)
{
    bool news;

    (void)pthread_mutex_lock(&bells->lock);
    news = !bell->rung;
    if (news)
        TAILQ_INSERT_TAIL(&bells->rung, bell, link);
    bell->rung = true;
    (void)pthread_mutex_unlock(&bells->lock);
    return news;
}

/* Under the lock. */
static void take_off(struct bells *bells, struct bell *bell)
{
    TAILQ_REMOVE(&bells->rung, bell, link);
    bell->rung = false;
}

void bells_leave(struct bells *bells, struct bell *bell)
{
    (void)pthread_mutex_lock(&bells->lock);
    if (bell->rung)
        take_off(bells, bell);
    (void)pthread_mutex_unlock(&bells->lock);
}

bool bells_run_one(struct bells *bells)
{
    struct bell *bell;

    (void)pthread_mutex_lock(&bells->lock);
    bell = TAILQ_FIRST(&bells->rung);
    if (bell != NULL)
        take_off(bells, bell);
    (void)pthread_mutex_unlock(&bells->lock);
    if (bell == NULL)
        return false;
    bell->run(bell->owner); /* may free it */
    return true;
}
