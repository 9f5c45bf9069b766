/* greet.c: asks the chain, connects if that is to be early, and says the banner. Connecting is left to leg.c.
 */
#include "session/greet.h"

#include <errno.h>

#include "base/mem.h"
#include "session/introduction.h"
#include "session/journal.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/verbs.h"

/* The first reply of the session; the session goes on unless `closing` is set. */
static void say(struct session *session, unsigned code, const char *enhanced, struct span text)
{
    struct exchange *exchange =
        session->greeting != NULL ? session->greeting : exchange_add(session, &verbs_greeting);

    session->greeting = NULL;
    session->greeted = true;
    phase_enter(session, PHASE_COMMAND);
    if (exchange == NULL) {
        session->client.error = -ENOMEM;
        return;
    }
    exchange_answer(session, exchange, code, enhanced, text);
}

/* The client has been greeted already, and does not wait to be greeted again. */
static bool in_silence(const struct session *session)
{
    return session->greeted && session->greeting == NULL;
}

static void close_with(struct session *session, unsigned code, const char *enhanced, struct span text)
{
    session->closing = true;
    say(session, code, enhanced, text);
}

/* There is no service for this client (RFC 5321 3.1: 554, then only QUIT). After STARTTLS there is no
 * greeting to say it in. */
static void bar(struct session *session, unsigned code, const char *enhanced, struct span text)
{
    session->barred = mem_alloc(sizeof(*session->barred));
    if (session->barred != NULL)
        kept_reply_set(session->barred, code, span_str(enhanced), text);
    else
        session->closing = true;
    if (in_silence(session))
        phase_enter(session, PHASE_COMMAND);
    else
        say(session, 554, enhanced, text);
}

static void refuse(struct session *session, const struct decision *decision)
{
    if (decision->verdict == VERDICT_REJECT)
        bar(session, decision->code, decision->enhanced, decision->text);
    else
        close_with(session, 421, decision->code == 421 ? decision->enhanced : "4.7.0", decision->text);
}

/* Some filter decides by the client's name: it is looked up first. */
static bool awaits_name(struct session *session)
{
    return (chain_edits(session->settings->chain) & FILTER_NEEDS_CLIENT_NAME) != 0 &&
           !introduction_named(session);
}

/* CONTINUE: greeted or to be; anything else has been dealt with, or waits. */
static enum verdict ask(struct session *session)
{
    struct chain_question question = {.event = FILTER_CONNECT};
    struct decision decision;
    enum verdict verdict = session_ask(session, &question, &decision);

    session->welcomed = verdict == VERDICT_CONTINUE;
    if (verdict != VERDICT_CONTINUE && verdict != VERDICT_PENDING) {
        journal_refused(session, "CONNECT", &decision);
        refuse(session, &decision);
    }
    return verdict;
}

/* Our own name; behind it our own text, or the upstream's when that is wanted. */
static void banner(struct session *session)
{
    char bytes[480];
    struct text text = TEXT(bytes);
    const char *greeting = session->settings->greeting;

    if (session->leg != NULL && session->leg->greeting != NULL)
        greeting = session->leg->greeting;
    text_add(&text, span_str(session->settings->hostname));
    text_char(&text, ' ');
    text_add(&text, span_first(span_str(greeting), 400));
    say(session, 220, NULL, text_span(&text));
}

/* No upstream, or one that greets with a refusal: that is our greeting too, but never a 5xx of our own
 * making. */
static void no_upstream(struct session *session)
{
    struct kept_reply kept = {0};

    if (session->leg->failure != NULL)
        kept = *session->leg->failure;
    leg_close(session);
    if (kept.code / 100 == 5)
        bar(session, 554, kept.enhanced, span_str(kept.text));
    else
        close_with(session, 421, kept.enhanced[0] == '4' ? kept.enhanced : NULL,
                   kept.text[0] != '\0' ? span_str(kept.text)
                                        : SPAN("Mail server unreachable, try again later"));
}

enum step greet_step(struct session *session)
{
    if (session->overrun) {
        close_with(session, 421, "4.3.2", SPAN("Too many connections, try again later"));
        return STEP_AGAIN;
    }
    if (buf_len(&session->client.in) != 0 && !session->greeted) {
        chain_cancel(&session->chain);
        session->asking = false;
        journal_event(session, LOG_LEVEL_INFO, "early-talker", buf_data(&session->client.in));
        close_with(session, 554, "5.5.0", SPAN("SMTP protocol synchronization error"));
        return STEP_AGAIN;
    }
    if (session->client.eof)
        return STEP_CLOSE;
    if (!session->welcomed) {
        enum verdict verdict = awaits_name(session) ? VERDICT_PENDING : ask(session);
        if (verdict != VERDICT_CONTINUE)
            return verdict == VERDICT_PENDING ? STEP_WAIT : STEP_AGAIN;
    }
    if (in_silence(session)) {
        phase_enter(session, PHASE_COMMAND);
        return STEP_AGAIN;
    }
    if (session->settings->connect != CONNECT_EARLY) {
        banner(session);
        return STEP_AGAIN;
    }
    if (session->leg == NULL && leg_open(session) == NULL) {
        close_with(session, 421, "4.3.0", SPAN("Out of memory, try again later"));
        return STEP_AGAIN;
    }
    if (session->leg->state == LEG_FAILED)
        no_upstream(session);
    else if (session->leg->state == LEG_GREETED)
        banner(session);
    else
        return STEP_WAIT;
    return STEP_AGAIN;
}
