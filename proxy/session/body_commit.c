/* body_commit.c: the end of a chunk and of a message: the end of data, the upstream's answer. Content is left
 * to body.c, the filters' last word to pass.c. */
#include "session/body_private.h"

#include "session/late.h"
#include "session/leg.h"
#include "session/pass.h"
#include "session/phase.h"
#include "session/transaction.h"
#include "session/verbs.h"

void body_complete(struct session *session)
{
    body_free(session);
    transaction_end(session, true);
    phase_enter(session, PHASE_COMMAND);
}

static void answer_refusal(struct session *session)
{
    struct body *body = session->body;
    const struct kept_reply refusal = body->refusal;

    /* A leg that is still there heard nothing of the message, but may have its MAIL. */
    if (session->transaction->at_upstream)
        leg_reset(session);
    exchange_answer(session, body->exchange, refusal.code,
                    refusal.enhanced[0] != '\0' ? refusal.enhanced : NULL, span_str(refusal.text));
    body_complete(session);
}

static void answer_discarded(struct session *session)
{
    char bytes[64];
    struct text text = TEXT(bytes);

    text_format(&text, "Ok: %s", session->transaction->id);
    if (session->transaction->at_upstream)
        leg_reset(session);
    transaction_note(session->transaction, "discarded", NULL, span_of(NULL, 0), 250, text_span(&text));
    exchange_answer(session, session->body->exchange, 250, "2.0.0", text_span(&text));
    body_complete(session);
}

static void note(const struct session *session, struct transaction *transaction, const struct reply_in *reply)
{
    struct span rest, text = {NULL, 0};

    transaction->client_gone = session_client_lost(session);
    if (reply == NULL) {
        transaction->in_doubt = true;
        transaction_note(transaction, "in-doubt", NULL, SPAN("upstream lost after the end of data"), 451,
                         text);
        return;
    }
    rest = reply->lines;
    reply_next_line(&rest, &text);
    transaction_note(transaction, reply->code / 100 == 2 ? "relayed" : "refused", NULL,
                     reply->code / 100 == 2 ? span_of(NULL, 0) : SPAN("upstream at end of data"), reply->code,
                     text);
}

/* The upstream's word on the message is ours (RFC 5321 3.3: with its 250 it takes over responsibility). */
static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    session->commits--;
    note(session, exchange->transaction, reply);
    if (reply != NULL && reply->code / 100 == 3) {
        exchange_answer(session, exchange, 451, "4.3.0",
                        SPAN("The mail server answered in an unexpected way"));
        leg_lose(session, "unexpected reply to the end of data");
        return;
    }
    exchange_relay_or_fail(session, exchange, reply);
}

/* The end of data is on its way: what becomes of the message is the upstream's to say, and its exchange's to
 * hear. The client may have pipelined its next transaction behind it (RFC 2920 3.1). */
static void hand_over(struct session *session)
{
    session->commits++;
    session->body->handed_over = true;
    body_free(session);
    transaction_end(session, false);
    phase_enter(session, PHASE_COMMAND);
}

/* The reply to a BDAT of ours: the client's chunk is answered with the last one. */
static void piece_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct body *body = session->body;
    struct span rest, text = {NULL, 0}, enhanced;

    (void)exchange;
    if (body == NULL || body->refusal.code != 0)
        return;
    body->unanswered--;
    if (reply == NULL)
        return; /* leg_lose() refuses the body */
    if (reply->code / 100 == 2) {
        if (body_chunk_waits(body) && body->unanswered == 0) {
            struct exchange *chunk = body->exchange;
            body->exchange = NULL;
            exchange_relay(session, chunk, reply);
        }
        session_again(session);
        return;
    }
    rest = reply->lines;
    reply_next_line(&rest, &text);
    reply_split_enhanced(text, reply->code, &enhanced, &text);
    body_refuse(session, reply->code >= 400 ? reply->code : 451, enhanced, text);
}

bool body_piece_sent(struct session *session)
{
    struct exchange *piece = exchange_internal(piece_replied);

    if (piece == NULL)
        return false;
    piece->limit = session->settings->timeouts.end_of_data;
    session->body->unanswered++;
    leg_expect(session, piece);
    return true;
}

void body_answer_chunk(struct session *session)
{
    struct body *body = session->body;
    const struct kept_reply *refusal = &body->refusal;
    struct exchange *exchange = body->exchange;

    body->exchange = NULL;
    if (refusal->code != 0)
        exchange_answer(session, exchange, refusal->code,
                        refusal->enhanced[0] != '\0' ? refusal->enhanced : NULL, span_str(refusal->text));
    else
        exchange_answer(session, exchange, 250, "2.0.0", SPAN("Octets received"));
}

enum step body_end_chunk(struct session *session)
{
    struct body *body = session->body;

    body->chunk_read = true;
    if (body->last && body->clean.after_cr)
        body_refuse(session, 550, SPAN("5.6.11"), SPAN("Bare CR or LF in message"));
    if (body->last && session->transaction != NULL) {
        body->ended = true;
        phase_enter(session, PHASE_COMMIT);
        return STEP_AGAIN;
    }
    /* Not acknowledged before the upstream has acknowledged what it was sent of it. */
    if (body->refusal.code != 0 || body->unanswered == 0)
        body_answer_chunk(session);
    if (session->transaction == NULL)
        body_free(session);
    phase_enter(session, PHASE_COMMAND);
    return STEP_AGAIN;
}

/* Hands over what is held, then the end of data. */
static enum step send_rest(struct session *session)
{
    struct body *body = session->body;
    enum sink_result result;

    body_release(session);
    if (body_over(body))
        return STEP_AGAIN;
    result = body->sink->ops->drain(body->sink);
    if (result == SINK_DONE) {
        body->exchange->replied = replied;
        body->exchange->limit = session->settings->timeouts.end_of_data;
        result = sink_finish(body->sink, body->exchange);
    }
    if (result == SINK_WAIT) {
        session->blocked = true;
        return STEP_WAIT;
    }
    if (result == SINK_DONE)
        hand_over(session);
    else
        body_refuse(session, 451, SPAN("4.3.0"), SPAN("Cannot hand over the message now, try again later"));
    return STEP_AGAIN;
}

enum step body_commit_step(struct session *session)
{
    struct body *body = session->body;

    if (!body_over(body) && (pass_step(session) == STEP_WAIT || late_step(session) == STEP_WAIT))
        return STEP_WAIT;
    if (body->refusal.code != 0)
        answer_refusal(session);
    else if (body->discarded)
        answer_discarded(session);
    else
        return send_rest(session);
    return STEP_AGAIN;
}
