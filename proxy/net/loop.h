/* loop.h: one event loop and all that hangs on it; implements struct world. Threads are left to worker.c. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <uv.h>

#include "base/bell.h"
#include "base/turn.h"
#include "net/alarm.h"
#include "net/keep.h"
#include "net/logger.h"

#define LOOP_BLOCK_OCTETS 32768   /* of every wire's buffer while it holds bytes */
#define LOOP_BLOCK_STOCK  64      /* blocks kept for reuse */
#define LOOP_CHANCE       256     /* random octets drawn from the kernel at a time */
#define LOOP_LOG_DELAY    20      /* milliseconds a line may wait to be written; errors do not */
#define LOOP_TURNS        1000000 /* nanoseconds after which no further turn begins in a round */

/* Embedded by value; `world` first, so that a world of this kind is its loop. */
struct loop {
    struct world world;
    uv_loop_t uv;
    uv_prepare_t before_wait;
    uv_idle_t turning; /* active while turns wait: then the loop does not sleep */
    struct turns turns;
    uv_async_t rung; /* some of the bells are */
    struct bells bells;
    struct alarm log_flush;
    struct pool pool;
    struct alarms alarms;
    struct keeps keeps;
    struct logger logger;
    size_t chance_left;
    unsigned char chance[LOOP_CHANCE];
};

/* target must outlive the loop. 0 or a negative errno: then there is nothing to free. */
int loop_init(struct loop *loop, struct log_target *target);
/* Runs until loop_stop() or until nothing is left to wait for. */
void loop_run(struct loop *loop);
/* loop_run() returns after the current round. On the loop's thread. */
void loop_stop(struct loop *loop);
/* Waits for what is being closed, resolved or kept, then frees all but the struct. Every wire and dial is
 * closed by now. */
void loop_free(struct loop *loop);

static inline struct loop *loop_of(struct world *world)
{
    return (struct loop *)world;
}

#endif
