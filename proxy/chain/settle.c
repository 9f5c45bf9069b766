/* settle.c: weighs one filter's verdict; walking on is left to ask.c. */
#include "chain/settle.h"

#include "chain/edits.h"
#include "chain/envelope.h"
#include "chain/new_body.h"
#include "chain/note.h"

void settle_count(struct member *member, enum verdict verdict)
{
    if (verdict == VERDICT_REJECT)
        count_up(&member->counts.rejected);
    else if (verdict == VERDICT_DISCARD)
        count_up(&member->counts.discarded);
    else
        count_up(&member->counts.tempfailed);
}

/* A refusal would have ended this filter's part in the message; of a recipient, only the recipient's. */
static bool ends_message(enum filter_event event)
{
    return event_rows[event].of_message && event != FILTER_RCPT && event != FILTER_RECIPIENT;
}

/* The filter refuses. True: so does the chain. */
static bool refuse(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict,
                   struct decision *out)
{
    struct member *member = ctx_member(ctx);
    const struct answer *answer = ctx->state->answer;

    if (member->as.mode == CHAIN_OBSERVE) {
        note_observed(ctx, event, verdict, answer_reason(answer));
        ctx->past = ctx->past || ends_message(event);
        return false;
    }
    ctx->decided = event == FILTER_END_OF_MESSAGE;
    if (verdict == VERDICT_QUARANTINE) /* there is nowhere to keep a copy */
        verdict = VERDICT_TEMPFAIL;
    settle_count(member, verdict);
    *out = (struct decision){.verdict = verdict, .filter = member->as.name, .reason = answer_reason(answer)};
    if (verdict != VERDICT_DISCARD)
        answer_reply(answer, verdict, out);
    return true;
}

bool settle_member_failure(struct member *member, struct span why, struct decision *out)
{
    bool reject = member->as.on_failure == CHAIN_FAIL_REJECT;

    if (member->as.mode == CHAIN_OBSERVE || member->as.on_failure == CHAIN_FAIL_PASS)
        return false;
    *out = (struct decision){
        .verdict = reject ? VERDICT_REJECT : VERDICT_TEMPFAIL, .filter = member->as.name, .reason = why};
    settle_count(member, out->verdict);
    answer_failure_reply(out->verdict, out);
    return true;
}

bool settle_failure(struct filter_ctx *ctx, enum filter_event event, struct span why, struct decision *out)
{
    bool refused;

    note_failed(ctx, event, why);
    edits_drop(ctx);
    new_body_drop(ctx);
    envelope_drop(ctx);
    ctx->state->path = ctx->state->path_before;
    refused = settle_member_failure(ctx_member(ctx), why, out);
    /* It is not asked about the message again, unless it was one recipient that was refused for it: the next
     * must not pass unseen. */
    ctx->past = ctx->past || (event_rows[event].of_message && (!refused || ends_message(event)));
    return refused;
}

bool settle_verdict(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict,
                    struct decision *out)
{
    if (!event_allows(event, verdict) || verdict == VERDICT_PENDING)
        return settle_failure(ctx, event, SPAN("answered what this event does not allow"), out);
    if (verdict == VERDICT_FAIL) {
        struct span why = answer_reason(ctx->state->answer);
        return settle_failure(ctx, event, why.len != 0 ? why : SPAN("could not decide"), out);
    }
    ctx->ended = ctx->ended || event == FILTER_END_OF_MESSAGE;
    if (verdict == VERDICT_CONTINUE)
        return false;
    if (verdict == VERDICT_ACCEPT) {
        ctx->past = ctx->past || event_rows[event].of_message;
        ctx->out = ctx->out || !event_rows[event].of_message;
        return false;
    }
    if (verdict == VERDICT_SKIP) {
        if (event_rows[event].of_message)
            ctx->skipped |= (uint16_t)event_bit(event);
        return false;
    }
    return refuse(ctx, event, verdict, out);
}
