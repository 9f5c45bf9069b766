/* state.c: makes and ends what a session and a message keep of each filter. When a filter is asked is left to
 * ask.c. */
#include "chain/state.h"

#include <assert.h>

#include "base/mem.h"
#include "chain/bell.h"
#include "chain/channel.h"
#include "chain/helo.h"
#include "chain/new_body.h"
#include "chain/park.h"
#include "chain/timer.h"

struct chain_state *state_make(struct chain_run *run)
{
    unsigned count = run->chain->count;
    struct chain_state *state = mem_alloc(sizeof(*state) + count * sizeof(state->members[0]));

    if (state == NULL)
        return NULL;
    state->run = run;
    for (unsigned i = 0; i < count; i++)
        state->members[i].state = state;
    return state;
}

void state_close(struct chain_state *state)
{
    for (unsigned i = 0; i < state->run->chain->count; i++) {
        struct filter_ctx *ctx = &state->members[i];
        if (ctx->asked)
            ctx_tell(ctx, ctx_member(ctx)->as.filter->on_close);
        timer_clear(ctx);
        channels_close(ctx);
        bells_close(ctx);
        mem_free(ctx->session);
    }
    answer_forget(&state->answer);
    answer_forget(&state->rewrite);
    helo_forget(state);
    mem_free(state);
}

static void end_message(struct filter_ctx *ctx, bool aborted)
{
    bool unfinished = !ctx->ended || (aborted && !ctx->decided);

    if ((ctx->in_message || ctx->message != NULL) && unfinished)
        ctx_tell(ctx, ctx_member(ctx)->as.filter->on_abort);
    timer_clear(ctx);
    ctx->message = NULL;
    ctx->skipped = 0;
    ctx->in_message = ctx->past = ctx->ended = ctx->decided = ctx->lost_edit = false;
}

void state_end_message(struct chain_state *state, bool aborted)
{
    for (unsigned i = 0; i < state->run->chain->count; i++)
        end_message(&state->members[i], aborted);
    state->edits = state->later = (struct header_edits){NULL, NULL};
    new_bodies_free(state);
    state->envelope = state->last_envelope = NULL;
    state->quarantined = false;
}

void ctx_tell(struct filter_ctx *ctx, void (*callback)(struct filter_ctx *ctx))
{
    struct chain_state *state = ctx->state;
    struct visit *outer = state->visit;
    struct visit visit;

    if (callback == NULL)
        return;
    visit.event = FILTER_EVENTS;
    visit.reply = NULL;
    visit.question = NULL;
    state->visit = &visit;
    callback(ctx);
    state->visit = outer;
}

enum filter_event ctx_event(const struct filter_ctx *ctx)
{
    const struct visit *visit = ctx->state->visit;

    if (visit != NULL && visit->event != FILTER_EVENTS)
        return visit->event;
    return parked_event(ctx);
}

const void *filter_config(const struct filter_ctx *ctx)
{
    return ctx_member(ctx)->as.config;
}

void *filter_session(struct filter_ctx *ctx)
{
    size_t size = ctx_member(ctx)->as.filter->session_size;

    if (ctx->session == NULL && size != 0)
        ctx->session = mem_alloc(size);
    return ctx->session;
}

void *filter_message(struct filter_ctx *ctx)
{
    size_t size = ctx_member(ctx)->as.filter->message_size;

    if (ctx->message == NULL && size != 0)
        ctx->message = filter_alloc(ctx, size);
    return ctx->message;
}

void *filter_alloc(struct filter_ctx *ctx, size_t size)
{
    struct arena *arena = ctx->state->run->arena;

    return arena != NULL ? arena_alloc(arena, size) : NULL;
}

const struct filter_facts *filter_facts(struct filter_ctx *ctx)
{
    struct chain_run *run = ctx->state->run;
    struct visit *visit = ctx->state->visit;

    assert(visit != NULL); /* facts are lent during a callback only */
    visit->facts = (struct filter_facts){0};
    run->facts(run->owner, &visit->facts);
    return &visit->facts;
}
