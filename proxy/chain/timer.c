/* timer.c: lets a filter wait before it answers. The time limit on the whole question is left to park.c. */
#include "chain/timer.h"

#include "base/mem.h"
#include "postern/filter_io.h"

struct timer {
    struct alarm alarm;
    struct filter_ctx *ctx;
    void (*fn)(struct filter_ctx *ctx);
};

static void ring(void *owner)
{
    struct timer *timer = owner;

    ctx_tell(timer->ctx, timer->fn);
}

void timer_clear(struct filter_ctx *ctx)
{
    struct world *world = ctx->state->run->world;

    if (ctx->timer == NULL)
        return;
    world->ops->alarm_clear(world, &ctx->timer->alarm);
    mem_free(ctx->timer);
    ctx->timer = NULL;
}

uint64_t filter_now(const struct filter_ctx *ctx)
{
    return world_now(ctx->state->run->world);
}

int filter_timer(struct filter_ctx *ctx, uint64_t ms, void (*fn)(struct filter_ctx *ctx))
{
    struct world *world = ctx->state->run->world;

    if (ctx->timer == NULL)
        ctx->timer = mem_alloc(sizeof(*ctx->timer));
    if (ctx->timer == NULL)
        return -1;
    ctx->timer->alarm.ring = ring;
    ctx->timer->alarm.owner = ctx->timer;
    ctx->timer->ctx = ctx;
    ctx->timer->fn = fn;
    if (world->ops->alarm_set(world, &ctx->timer->alarm, world_now(world) + ms))
        return 0;
    timer_clear(ctx);
    return -1;
}
