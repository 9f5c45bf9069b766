/* park.c: a question waits until its filter answers or the time limit passes. The owner is always told from
 * an alarm, never from inside a filter: whatever the owner then does, no filter code is on the stack. Going
 * on with the question is left to ask.c. */
#include "chain/park.h"

#include <assert.h>

#include "base/mem.h"
#include "chain/bell.h"
#include "chain/channel.h"
#include "chain/timer.h"
#include "postern/filter_io.h"

/* The filter is no longer asked. */
static void withdraw(struct filter_ctx *ctx)
{
    timer_clear(ctx);
    ctx_tell(ctx, ctx_member(ctx)->as.filter->cancel);
    channels_close(ctx);
    bells_close(ctx);
}

static void ring(void *owner)
{
    struct parked *parked = owner;
    struct chain_run *run = parked->ctx->state->run;

    if (parked->verdict == VERDICT_PENDING) {
        parked->verdict = VERDICT_FAIL;
        parked->late = true;
        withdraw(parked->ctx);
    }
    run->resumed(run->owner); /* may free everything here */
}

int parked_make(struct filter_ctx *ctx, const struct chain_question *question)
{
    struct chain_member *as = &ctx_member(ctx)->as;
    struct world *world = ctx->state->run->world;
    struct parked *parked = mem_alloc(sizeof(*parked));

    if (parked != NULL) {
        *parked = (struct parked){{ring, parked, NULL}, *question, ctx, VERDICT_PENDING, false};
        if (world->ops->alarm_set(world, &parked->alarm, world_now(world) + as->time_limit)) {
            ctx->state->parked = parked;
            return 0;
        }
    }
    mem_free(parked);
    withdraw(ctx);
    return -1;
}

void parked_end(struct chain_state *state)
{
    struct parked *parked = state->parked;
    struct world *world = state->run->world;

    if (parked->verdict == VERDICT_PENDING)
        withdraw(parked->ctx);
    else
        timer_clear(parked->ctx);
    world->ops->alarm_clear(world, &parked->alarm);
    state->parked = NULL;
    mem_free(parked);
}

enum filter_event parked_event(const struct filter_ctx *ctx)
{
    const struct parked *parked = ctx->state->parked;

    return parked != NULL && parked->ctx == ctx ? parked->question.event : FILTER_EVENTS;
}

void filter_resume(struct filter_ctx *ctx, enum verdict verdict)
{
    struct chain_state *state = ctx->state;
    struct parked *parked = state->parked;
    struct world *world = state->run->world;

    /* From inside the question it would answer twice: by this and by the verdict returned. */
    assert(parked != NULL || state->visit == NULL || state->visit->event == FILTER_EVENTS);
    if (parked == NULL || parked->ctx != ctx || parked->verdict != VERDICT_PENDING)
        return;
    parked->verdict = verdict == VERDICT_PENDING ? VERDICT_FAIL : verdict;
    /* Refused for want of memory: the time limit's alarm still stands and will deliver the answer. */
    (void)world->ops->alarm_set(world, &parked->alarm, world_now(world));
}
