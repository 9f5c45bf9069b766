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
    else if (verdict == VERDICT_QUARANTINE)
        count_up(&member->counts.quarantined);
    else
        count_up(&member->counts.tempfailed);
}

/* A refusal would have ended this filter's part in the message; of a recipient, only the recipient's. */
static bool ends_message(enum filter_event event)
{
    return event_rows[event].of_message && event != FILTER_RCPT && event != FILTER_RECIPIENT;
}

/* What a rejection is by the filter's configuration. */
static enum verdict configured(const struct member *member, enum filter_event event, enum verdict verdict)
{
    bool kept = member->as.on_reject == CHAIN_REJECT_QUARANTINE && ends_message(event);

    return verdict == VERDICT_REJECT && kept ? VERDICT_QUARANTINE : verdict;
}

/* Without a quarantine, or where the upstream may have heard some of the message, it is put off. */
static enum verdict possible(const struct member *member, enum verdict verdict)
{
    bool can = (member->as.edits & FILTER_QUARANTINES) != 0;

    return verdict == VERDICT_QUARANTINE && !can ? VERDICT_TEMPFAIL : verdict;
}

/* The message goes into the quarantine. */
static void quarantine(struct chain_state *state, struct decision *out)
{
    state->quarantined = true;
    out->path = state->path;
}

/* The filter refuses. True: so does the chain. */
static bool refuse(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict,
                   struct decision *out)
{
    struct member *member = ctx_member(ctx);
    const struct answer *answer = ctx->state->answer;

    verdict = configured(member, event, verdict);
    if (member->as.mode == CHAIN_OBSERVE) {
        note_observed(ctx, event, verdict, answer_reason(answer));
        ctx->past = ctx->past || ends_message(event);
        return false;
    }
    ctx->decided = event == FILTER_END_OF_MESSAGE;
    verdict = possible(member, verdict);
    settle_count(member, verdict);
    *out = (struct decision){.verdict = verdict, .filter = member->as.name, .reason = answer_reason(answer)};
    if (verdict == VERDICT_QUARANTINE)
        quarantine(ctx->state, out);
    else if (verdict != VERDICT_DISCARD)
        answer_reply(answer, verdict, out);
    return true;
}

bool settle_member_failure(struct member *member, struct span why, struct decision *out)
{
    static const enum verdict verdicts[] = {[CHAIN_FAIL_TEMPFAIL] = VERDICT_TEMPFAIL,
                                            [CHAIN_FAIL_REJECT] = VERDICT_REJECT,
                                            [CHAIN_FAIL_QUARANTINE] = VERDICT_TEMPFAIL,
                                            [CHAIN_FAIL_SHUTDOWN] = VERDICT_DISCONNECT};

    if (member->as.mode == CHAIN_OBSERVE || member->as.on_failure == CHAIN_FAIL_PASS)
        return false;
    *out = (struct decision){
        .verdict = verdicts[member->as.on_failure], .filter = member->as.name, .reason = why};
    settle_count(member, out->verdict);
    answer_failure_reply(out->verdict, out);
    return true;
}

/* The quarantine is for messages, and for what has been asked of them. */
static bool fail(struct filter_ctx *ctx, enum filter_event event, struct span why, struct decision *out)
{
    struct member *member = ctx_member(ctx);

    if (member->as.mode == CHAIN_OBSERVE || member->as.on_failure != CHAIN_FAIL_QUARANTINE ||
        !ends_message(event))
        return settle_member_failure(member, why, out);
    *out = (struct decision){
        .verdict = possible(member, VERDICT_QUARANTINE), .filter = member->as.name, .reason = why};
    settle_count(member, out->verdict);
    if (out->verdict == VERDICT_QUARANTINE)
        quarantine(ctx->state, out);
    else
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
    refused = fail(ctx, event, why, out);
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
