/* verb_data.c: DATA (RFC 5321 4.1.1.4): from the command to the first octet of content. Content is left to
 * body.c. */
#include "session/body.h"
#include "session/envelope.h"
#include "session/late.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/transaction.h"
#include "session/verbs.h"

static const struct reply no_recipients = {554, "5.5.1", "No valid recipients"};
static const struct reply start_input = {354, NULL, "End data with <CR><LF>.<CR><LF>"};

bool verb_data_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply in_chunks = {503, "5.5.1", "DATA cannot be mixed with BDAT"};
    static const struct reply binary = {503, "5.5.1", "BODY=BINARYMIME needs BDAT"};
    static const struct reply no_rcpt = {503, "5.5.1", "Need RCPT first"};
    const struct transaction *transaction = session->transaction;
    const struct reply *reply = NULL;

    if (!verb_plain_check(session, exchange, arguments))
        return false;
    if (session->body != NULL)
        reply = &in_chunks;
    else if (transaction->binary)
        reply = &binary;
    else if (transaction->asked == 0)
        reply = transaction->first == NULL ? &no_rcpt : &no_recipients;
    if (reply != NULL) {
        exchange_say(session, exchange, reply);
        return false;
    }
    exchange_belongs(exchange, session->transaction);
    return true;
}

bool verb_data_question(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    (void)session;
    (void)exchange;
    (void)question;
    return true;
}

void verb_data_refused(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    struct transaction *transaction = session->transaction;

    transaction_note_decision(transaction, decision);
    if (decision->verdict == VERDICT_DISCARD) {
        transaction->discarded = true;
        exchange->stage = STAGE_PROCEED;
        return;
    }
    if (transaction->at_upstream)
        leg_reset(session);
    transaction_end(session, true);
    exchange_decide(session, exchange, decision);
}

static void begin_content(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    static const struct reply no_memory = {452, "4.3.1", "Out of memory, try again later"};

    if (body_new(session, false) == NULL) {
        if (reply != NULL)
            leg_abandon(session);
        exchange_say(session, exchange, &no_memory);
        return;
    }
    if (reply != NULL) {
        exchange_relay(session, exchange, reply);
        body_open(session, SINK_DOT); /* without memory it gives up the leg, and the reply with it */
    } else {
        exchange_say(session, exchange, &start_input);
    }
    phase_enter(session, PHASE_BODY);
}

/* The upstream would take content although every recipient was refused (RFC 2920 3.1 allows it): it gets
 * none. */
static void end_at_once(struct session *session)
{
    struct exchange *nothing = exchange_internal(exchange_ignore);

    if (nothing == NULL || !wire_put(&session->leg->wire, SPAN(".\r\n"))) {
        exchange_free(nothing);
        leg_abandon(session);
        return;
    }
    nothing->limit = session->settings->timeouts.end_of_data;
    leg_expect(session, nothing);
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    static const struct reply strange = {451, "4.3.0", "The mail server answered DATA in an unexpected way"};

    if (reply != NULL && reply->code == 354 && exchange->transaction == session->transaction) {
        if (session->transaction->accepted != 0) {
            begin_content(session, exchange, reply);
            return;
        }
        end_at_once(session);
        exchange_say(session, exchange, &no_recipients);
    } else if (reply != NULL && reply->code < 400) {
        leg_lose(session, "unexpected reply to DATA");
        exchange_say(session, exchange, &strange);
    } else {
        exchange_relay_or_fail(session, exchange, reply);
    }
}

/* The answer to a DATA of ours: to an upstream without CHUNKING, or behind the content. */
static void ask_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct body *body = session->body;
    struct span rest, text = {NULL, 0}, enhanced;

    (void)exchange;
    if (body == NULL || body->refusal.code != 0)
        return;
    if (reply != NULL && reply->code == 354) {
        if (body->late)
            body->late = false;
        else
            body_open(session, SINK_DOT);
        session_again(session);
        return;
    }
    if (reply == NULL || reply->code < 400) {
        body_refuse(session, 451, SPAN("4.3.0"), SPAN("The mail server does not take the message now"));
        return;
    }
    body->opening = body->opening && !body->late; /* it is as good as before */
    rest = reply->lines;
    reply_next_line(&rest, &text);
    reply_split_enhanced(text, reply->code, &enhanced, &text);
    body_refuse(session, reply->code, enhanced, text);
}

enum leg_forward verb_data_ask(struct session *session)
{
    struct exchange *data = exchange_internal(ask_replied);
    enum leg_forward sent;

    if (data == NULL || !exchange_set_line(data, SPAN("DATA\r\n"))) {
        exchange_free(data);
        return LEG_NONE;
    }
    data->limit = session->settings->timeouts.data;
    sent = leg_forward(session, data);
    if (sent != LEG_FORWARDED)
        exchange_free(data);
    return sent;
}

/* The upstream does not take the envelope as the filters have left it. */
static void envelope_refused(struct session *session, struct exchange *exchange)
{
    struct transaction *transaction = exchange->transaction;
    const struct kept_reply *why = &transaction->not_told;

    if (transaction->at_upstream)
        leg_reset(session);
    transaction_end(session, true);
    exchange_answer(session, exchange, why->code, why->enhanced[0] != '\0' ? why->enhanced : NULL,
                    span_str(why->text));
}

static enum proceed discard_content(struct session *session, struct exchange *exchange)
{
    if (exchange->transaction->at_upstream)
        leg_reset(session);
    exchange->transaction->at_upstream = false;
    begin_content(session, exchange, NULL);
    return PROCEED_DONE;
}

/* Everything before it has been answered: the facts are known. */
static const struct reply *impossible(const struct session *session, const struct transaction *transaction)
{
    static const struct reply broken = {451, "4.4.2", "Lost the mail server, start the transaction again"};

    if (transaction->state == TRANSACTION_REFUSED)
        return &no_recipients;
    if (session->transaction != transaction || transaction->state == TRANSACTION_BROKEN)
        return &broken;
    return transaction->accepted == 0 ? &no_recipients : NULL;
}

enum proceed verb_data_proceed(struct session *session, struct exchange *exchange)
{
    struct transaction *transaction = exchange->transaction;
    bool alone = TAILQ_FIRST(&session->exchanges.list) == exchange;
    const struct reply *reply = alone ? impossible(session, transaction) : NULL;

    if (reply != NULL) {
        exchange_say(session, exchange, reply);
        return PROCEED_DONE;
    }
    if (!alone && (transaction->discarded || late_wanted(session) || envelope_may_change(session)))
        return PROCEED_WAIT;
    if (transaction->discarded)
        return discard_content(session, exchange);
    if (late_wanted(session)) {
        begin_content(session, exchange, NULL);
        if (session->body != NULL)
            late_open(session);
        return PROCEED_DONE;
    }
    switch (envelope_tell(session)) {
    case ENVELOPE_TOLD:
        break;
    case ENVELOPE_REFUSED:
        envelope_refused(session, exchange);
        return PROCEED_DONE;
    default:
        return PROCEED_WAIT;
    }
    if (session->leg == NULL || session->leg->state != LEG_READY)
        return PROCEED_WAIT; /* the replies that are still awaited will say why */
    if (!exchange_compose(exchange, SPAN(""))) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return PROCEED_DONE;
    }
    exchange->replied = replied;
    exchange->limit = session->settings->timeouts.data;
    return leg_forward(session, exchange) == LEG_WAIT ? PROCEED_WAIT : PROCEED_DONE;
}
