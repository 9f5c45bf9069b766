/* rewrite.c: lets filters change the replies that pass; all other questions are left to ask.c. */
#include "chain/rewrite.h"

#include "base/text.h"
#include "chain/note.h"
#include "chain/park.h"
#include "chain/settle.h"
#include "chain/timer.h"
#include "chain/visit.h"

/* The reply as the filters so far have rewritten it, for the next one to see. */
static void show_rewritten(const struct answer *rewrite, struct filter_reply *reply, struct text *text)
{
    text->len = 0;
    if (rewrite->enhanced[0] != '\0') {
        text_add(text, span_str(rewrite->enhanced));
        text_char(text, ' ');
    }
    text_add(text, span_of(rewrite->text, rewrite->text_len));
    reply->code = rewrite->code;
    reply->text = text_span(text);
}

/* One filter sees a reply. True: the connection closes behind it. */
static bool reply_visit(struct filter_ctx *ctx, struct chain_question *question)
{
    enum verdict verdict = visit_make(ctx, question);

    if (parked_event(ctx) == FILTER_EVENTS)
        timer_clear(ctx);
    if (!event_allows(FILTER_REPLY, verdict) || verdict == VERDICT_FAIL)
        note_failed(ctx, FILTER_REPLY, SPAN("could not look at a reply"));
    if (verdict != VERDICT_DISCONNECT)
        return false;
    if (ctx_member(ctx)->as.mode == CHAIN_OBSERVE) {
        note_observed(ctx, FILTER_REPLY, verdict, answer_reason(ctx->state->rewrite));
        return false;
    }
    settle_count(ctx_member(ctx), verdict);
    return true;
}

/* A reply goes out whatever filters think of it: every filter sees it as the one before has left it. */
enum verdict rewrite_walk(struct chain_state *state, struct chain_question *question, struct decision *out)
{
    char shown[ANSWER_TEXT_MAX + 16];
    struct text text = TEXT(shown);
    const struct answer *rewrite;

    answer_forget(&state->rewrite);
    *out = (struct decision){.verdict = VERDICT_CONTINUE};
    for (unsigned i = 0; i < state->run->chain->count; i++) {
        struct filter_ctx *ctx = &state->members[i];
        if (!visit_wanted(ctx, FILTER_REPLY))
            continue;
        if (reply_visit(ctx, question)) {
            out->verdict = VERDICT_DISCONNECT;
            out->filter = ctx_member(ctx)->as.name;
        }
        if (state->rewrite != NULL && state->rewrite->code != 0)
            show_rewritten(state->rewrite, &question->reply, &text);
    }
    rewrite = state->rewrite;
    out->reason = answer_reason(rewrite);
    if (rewrite != NULL && rewrite->code != 0) {
        out->code = rewrite->code;
        out->enhanced = rewrite->enhanced[0] != '\0' ? rewrite->enhanced : NULL;
        out->text = span_of(rewrite->text, rewrite->text_len);
    }
    return out->verdict;
}
