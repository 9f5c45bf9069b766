/* bell.c: lets another thread call a filter back. How the session's thread is woken is left to the world. */
#include "chain/bell.h"

#include "base/mem.h"
#include "postern/filter_io.h"

struct filter_bell {
    LIST_ENTRY(filter_bell) link;
    struct bell bell;
    struct world *world;
    struct filter_ctx *ctx;
    void (*fn)(struct filter_ctx *ctx);
};

static void run(void *owner)
{
    const struct filter_bell *bell = owner;

    ctx_tell(bell->ctx, bell->fn); /* may close it */
}

struct filter_bell *filter_bell_open(struct filter_ctx *ctx, void (*fn)(struct filter_ctx *ctx))
{
    struct filter_bell *bell = mem_alloc(sizeof(*bell));

    if (bell == NULL)
        return NULL;
    *bell = (struct filter_bell){
        .bell = {.run = run, .owner = bell}, .world = ctx->state->run->world, .ctx = ctx, .fn = fn};
    LIST_INSERT_HEAD(&ctx->bells, bell, link);
    return bell;
}

void filter_bell_ring(struct filter_bell *bell)
{
    bell->world->ops->bell_ring(bell->world, &bell->bell);
}

void filter_bell_close(struct filter_bell *bell)
{
    if (bell == NULL)
        return;
    LIST_REMOVE(bell, link);
    bell->world->ops->bell_leave(bell->world, &bell->bell);
    mem_free(bell);
}

void bells_close(struct filter_ctx *ctx)
{
    struct filter_bell *bell;

    while ((bell = LIST_FIRST(&ctx->bells)) != NULL)
        filter_bell_close(bell);
}
