/* verb_bdat.c: BDAT (RFC 3030): from the command to the chunk's octets, which follow it whatever the answer.
 * Content is left to body.c. */
#include "session/body.h"
#include "session/envelope.h"
#include "session/late.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/transaction.h"
#include "session/verbs.h"
#include "smtp/bdat.h"

/* Why the chunk cannot be taken, or NULL. */
static const struct reply *not_now(const struct session *session)
{
    static const struct reply hidden = {502, "5.5.1", "Command not implemented"};
    static const struct reply no_mail = {503, "5.5.1", "Need MAIL first"};
    static const struct reply no_recipients = {554, "5.5.1", "No valid recipients"};
    static const struct reply broken = {451, "4.4.2", "Lost the mail server, start the transaction again"};
    const struct transaction *transaction = session->transaction;

    if ((session->offered >> KEYWORD_CHUNKING & 1u) == 0)
        return &hidden;
    if (transaction == NULL)
        return &no_mail;
    if (session->body != NULL)
        return NULL; /* a message under way answers for itself */
    if (transaction->accepted == 0)
        return &no_recipients;
    return transaction->state == TRANSACTION_BROKEN ? &broken : NULL;
}

/* The octets follow all the same: they are read and dropped, then the refusal is given. */
static void refuse(struct session *session, struct exchange *exchange, unsigned code, const char *enhanced,
                   struct span text)
{
    struct bdat bdat = {0};

    (void)bdat_parse(span_str(exchange->arguments), &bdat);
    if (session->body == NULL && body_new(session, true) == NULL) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return;
    }
    body_refuse(session, code, span_str(enhanced), text);
    body_chunk(session, exchange, bdat.size, bdat.last);
    phase_enter(session, PHASE_BODY);
}

void verb_bdat_refuse(struct session *session, struct exchange *exchange, unsigned code, const char *enhanced,
                      struct span text)
{
    struct bdat bdat;

    if (bdat_parse(span_str(exchange->arguments), &bdat) == 0) {
        refuse(session, exchange, code, enhanced, text);
        return;
    }
    session->closing = true;
    exchange_answer(session, exchange, code, enhanced, text);
}

bool verb_bdat_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply syntax = {501, "5.5.4", "Syntax: BDAT size [LAST]"};
    struct bdat bdat;
    const struct reply *reply;

    if (bdat_parse(arguments, &bdat) != 0) {
        /* How many octets follow is anybody's guess: none of them may be taken for a command. */
        session->closing = true;
        exchange_say(session, exchange, &syntax);
        return false;
    }
    if (session->barred != NULL) {
        const struct kept_reply *kept = session->barred;
        refuse(session, exchange, kept->code, kept->enhanced, span_str(kept->text));
        return false;
    }
    reply = not_now(session);
    if (reply != NULL) {
        refuse(session, exchange, reply->code, reply->enhanced, span_str(reply->text));
        return false;
    }
    exchange_belongs(exchange, session->transaction);
    if (session->body == NULL && body_new(session, true) == NULL) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return false;
    }
    return true;
}

/* The first chunk is what DATA is elsewhere: content begins. A question once asked is heard to its end, even
 * if the upstream has been lost in the meantime. */
bool verb_bdat_question(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    struct body *body = session->body;
    bool first = !body->begun;

    (void)exchange;
    (void)question;
    body->begun = true;
    return session->asking || (first && body->refusal.code == 0);
}

void verb_bdat_refused(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    transaction_note_decision(session->transaction, decision);
    if (decision->verdict == VERDICT_DISCARD) {
        session->transaction->discarded = true;
        exchange->stage = STAGE_PROCEED;
        return;
    }
    if (decision->verdict == VERDICT_DISCONNECT)
        session->closing = true;
    refuse(session, exchange, decision->code, decision->enhanced, decision->text);
}

/* The upstream holds the envelope that the message is to have. False: not yet, or it does not take it. */
static bool told_envelope(struct session *session)
{
    const struct kept_reply *why = &session->transaction->not_told;
    enum envelope_told told = envelope_tell(session);

    if (told == ENVELOPE_REFUSED)
        body_refuse(session, why->code, span_str(why->enhanced), span_str(why->text));
    return told == ENVELOPE_TOLD;
}

/* Makes the upstream ready for content. WAIT: call again. */
static enum proceed open_upstream(struct session *session)
{
    struct body *body = session->body;
    enum leg_forward sent;

    if (session->transaction->discarded) {
        if (session->transaction->at_upstream && body->sink == NULL)
            leg_reset(session);
        session->transaction->at_upstream = false;
        body->discarded = true;
    }
    if (body->sink != NULL || body->refusal.code != 0 || body->discarded)
        return PROCEED_DONE;
    if (late_wanted(session)) {
        late_open(session);
        return PROCEED_DONE;
    }
    if (!told_envelope(session))
        return body->refusal.code != 0 ? PROCEED_DONE : PROCEED_WAIT;
    if (leg_offers(session, KEYWORD_CHUNKING)) {
        body_open(session, SINK_BDAT);
        return PROCEED_DONE;
    }
    if (body->opening)
        return PROCEED_WAIT;
    sent = verb_data_ask(session);
    if (sent == LEG_NONE)
        body_refuse(session, 451, SPAN("4.4.2"), SPAN("Lost the mail server, start the transaction again"));
    body->opening = sent == LEG_FORWARDED;
    return sent == LEG_NONE ? PROCEED_DONE : PROCEED_WAIT;
}

enum proceed verb_bdat_proceed(struct session *session, struct exchange *exchange)
{
    struct bdat bdat;

    if (open_upstream(session) == PROCEED_WAIT)
        return PROCEED_WAIT;
    (void)bdat_parse(span_str(exchange->arguments), &bdat);
    body_chunk(session, exchange, bdat.size, bdat.last);
    phase_enter(session, PHASE_BODY);
    return PROCEED_DONE;
}
