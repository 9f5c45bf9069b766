/* keep.h: messages on their way into a quarantine, written by the thread pool so that no loop waits for a
 * disk. How a message is written is left to quarantine/draft. */
#ifndef NET_KEEP_H
#define NET_KEEP_H

#include <sys/queue.h>
#include <uv.h>

#include "base/world.h"

struct keeping;

/* Embedded by value in the loop. One step of one message is in the pool's hands at a time: a slow disk takes
 * no more than one thread per loop from those who look up names. */
struct keeps {
    uv_loop_t *uv;
    TAILQ_HEAD(, keeping) waiting; /* for their next step, in turn */
    bool busy;
};

void keeps_init(struct keeps *keeps, uv_loop_t *uv);
/* As in world_ops. */
int keeps_begin(struct keeps *keeps, struct keep *keep);
void keeps_cancel(struct keep *keep);

#endif
