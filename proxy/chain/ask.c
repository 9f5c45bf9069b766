/* ask.c: walks the chain in its order until a filter decides or must be waited for. Waiting is left to
 * park.c, what a verdict does to the session to session/. */
#include <assert.h>

#include "chain/helo.h"
#include "chain/park.h"
#include "chain/rewrite.h"
#include "chain/settle.h"
#include "chain/timer.h"
#include "chain/visit.h"

/* Asks the filters from `first` on. */
static enum verdict walk(struct chain_state *state, unsigned first, struct chain_question *question,
                         struct decision *out)
{
    unsigned end = pass_now(state->run, question->event)->end;

    for (unsigned i = first; i < end; i++) {
        struct filter_ctx *ctx = &state->members[i];
        enum verdict verdict;
        if (!visit_wanted(ctx, question->event))
            continue;
        answer_forget(&state->answer);
        state->path_before = state->path;
        verdict = visit_make(ctx, question);
        if (verdict == VERDICT_PENDING && event_allows(question->event, verdict)) {
            if (parked_make(ctx, question) == 0) {
                *out = (struct decision){.verdict = VERDICT_PENDING, .filter = ctx_member(ctx)->as.name};
                return VERDICT_PENDING;
            }
            verdict = VERDICT_FAIL;
        }
        timer_clear(ctx);
        if (settle_verdict(ctx, question->event, verdict, out))
            return out->verdict;
    }
    answer_forget(&state->answer);
    *out = (struct decision){.verdict = VERDICT_CONTINUE, .path = state->path};
    return VERDICT_CONTINUE;
}

/* No memory to ask anybody: every interested filter counts as failed, and nothing is offered unchecked. */
static enum verdict ask_nobody(const struct chain_run *run, const struct chain_question *question,
                               struct decision *out)
{
    const struct pass *pass = pass_now(run, question->event);

    *out = (struct decision){.verdict = VERDICT_CONTINUE};
    if (question->event == FILTER_CAPABILITIES)
        ehlo_clear(question->capabilities.offer);
    if (question->event == FILTER_CAPABILITIES || question->event == FILTER_REPLY)
        return VERDICT_CONTINUE;
    for (unsigned i = pass->first; i < pass->end; i++) {
        struct member *member = &run->chain->members[i];
        if ((member->as.interests & event_bit(question->event)) == 0)
            continue;
        count_up(&member->counts.failed);
        if (settle_member_failure(member, SPAN("out of memory"), out))
            break;
    }
    return out->verdict;
}

enum verdict chain_ask(struct chain_run *run, const struct chain_question *question, struct decision *out)
{
    const struct pass *pass = pass_now(run, question->event);
    struct chain_question copy;

    if (!chain_wants(run, question->event)) {
        *out = (struct decision){.verdict = VERDICT_CONTINUE};
        return VERDICT_CONTINUE;
    }
    if (run->state == NULL)
        run->state = state_make(run);
    if (run->state == NULL)
        return ask_nobody(run, question, out);
    copy = *question;
    if (question->event == FILTER_REPLY)
        return rewrite_walk(run->state, &copy, out);
    assert(run->state->parked == NULL);
    run->state->path = (struct span){NULL, 0};
    helo_forget(run->state);
    return walk(run->state, pass->first, &copy, out);
}

enum verdict chain_result(struct chain_run *run, struct decision *out)
{
    struct chain_state *state = run->state;
    struct parked parked;

    assert(chain_pending(run));
    parked = *state->parked;
    if (parked.verdict == VERDICT_PENDING) {
        *out = (struct decision){.verdict = VERDICT_PENDING, .filter = ctx_member(parked.ctx)->as.name};
        return VERDICT_PENDING;
    }
    parked_end(state);
    if (parked.late ? settle_failure(parked.ctx, parked.question.event, SPAN("time limit"), out)
                    : settle_verdict(parked.ctx, parked.question.event, parked.verdict, out))
        return out->verdict;
    return walk(state, (unsigned)(parked.ctx - state->members) + 1, &parked.question, out);
}

bool chain_pending(const struct chain_run *run)
{
    return run->state != NULL && run->state->parked != NULL;
}

void chain_cancel(struct chain_run *run)
{
    if (chain_pending(run))
        parked_end(run->state);
}
