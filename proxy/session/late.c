/* late.c: the upstream is asked for content when all of it has come and the filters have had their last word
 * on content and envelope. Whatever it says before, nothing has been acknowledged. */
#include "session/late.h"

#include "session/body_private.h"
#include "session/envelope.h"
#include "session/leg.h"
#include "session/quarantine.h"
#include "session/transaction.h"
#include "session/verbs.h"

#define REMINDER_MS 120000 /* servers wait for five minutes at least (RFC 5321 4.5.3.2.7) */

bool late_wanted(const struct session *session)
{
    return (chain_edits(session->settings->chain) & (FILTER_EDITS_ENVELOPE | FILTER_QUARANTINES)) != 0;
}

void late_open(struct session *session)
{
    struct body *body = session->body;
    bool chunks = body->chunked && leg_offers(session, KEYWORD_CHUNKING);
    uint64_t offers = session->leg != NULL ? session->leg->offers : 0;

    chain_envelope_terms(&session->chain, offers, session->transaction->smtputf8);
    body->late = true;
    body_open(session, chunks ? SINK_BDAT : SINK_DOT);
}

/* Who took the last recipient away. */
static const char *who_emptied(const struct transaction *transaction)
{
    const char *filter = NULL;

    for (const struct recipient *r = transaction->first; r != NULL; r = r->next)
        if (r->removed)
            filter = r->filter;
    return filter;
}

static void go_nowhere(struct session *session)
{
    struct transaction *transaction = session->transaction;

    transaction_note(transaction, "discarded", who_emptied(transaction), SPAN("no recipient is left"), 0,
                     span_of(NULL, 0));
    body_discard(session);
}

static enum step ask_for_content(struct session *session)
{
    struct body *body = session->body;
    enum leg_forward sent;

    if (body->sink->framing == SINK_BDAT) {
        body->late = false;
        return STEP_AGAIN;
    }
    if (body->opening)
        return STEP_WAIT;
    sent = verb_data_ask(session);
    if (sent == LEG_NONE)
        body_refuse(session, 451, SPAN("4.4.2"), SPAN("Lost the mail server, start the transaction again"));
    else
        body->opening = sent == LEG_FORWARDED;
    return sent == LEG_NONE ? STEP_AGAIN : STEP_WAIT;
}

enum step late_step(struct session *session)
{
    struct body *body = session->body;
    const struct kept_reply *why;

    if (body_over(body) || !body->late)
        return STEP_AGAIN;
    if (!envelope_edit(session))
        body_refuse(session, 452, SPAN("4.3.1"), SPAN("No room for the envelope, try again later"));
    else if (session->transaction->quarantined && session->transaction->accepted != 0)
        return quarantine_step(session);
    else
        switch (envelope_tell(session)) {
        case ENVELOPE_TOLD:
            return ask_for_content(session);
        case ENVELOPE_WAIT:
            return STEP_WAIT;
        case ENVELOPE_NOBODY:
            go_nowhere(session);
            break;
        case ENVELOPE_REFUSED:
            why = &session->transaction->not_told;
            body_refuse(session, why->code, span_str(why->enhanced), span_str(why->text));
            break;
        }
    return STEP_AGAIN;
}

uint64_t late_reminder(const struct session *session)
{
    const struct body *body = session->body;
    const struct leg *leg = session->leg;
    bool waits = body != NULL && body->late && !body_over(body) && !quarantine_busy(session) && leg != NULL &&
                 leg->state == LEG_READY && leg->outstanding == 0;

    return waits ? leg->quiet + REMINDER_MS : UINT64_MAX;
}

void late_remind(struct session *session)
{
    if (leg_say(session, SPAN("NOOP\r\n"), exchange_ignore) == NULL)
        session->leg->quiet = world_now(session->world);
}
