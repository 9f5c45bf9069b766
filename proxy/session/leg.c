/* leg.c: the upstream side of a session: what may be sent now, whose reply has come. Whom to ask is left to
 * leg_choose.c, what commands mean to the verbs. */
#include "session/leg_choose.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "session/body.h"
#include "session/capabilities.h"
#include "session/identity.h"
#include "session/journal.h"
#include "session/leg_prepare.h"
#include "session/transaction.h"
#include "session/verbs.h"
#include "tls/tls.h"

#define REPLY_OCTETS_MAX 12288 /* of one upstream reply; fits a block beside what else has come */

void leg_forget(struct leg *leg)
{
    struct exchange *exchange;

    while ((exchange = TAILQ_FIRST(&leg->expected)) != NULL) {
        TAILQ_REMOVE(&leg->expected, exchange, expect);
        exchange->forwarded = false;
        exchange->answered = true; /* the session is going; exchanges_free() takes those of the client */
        if (exchange->internal)
            exchange_free(exchange);
    }
    leg->outstanding = 0;
}

void leg_close(struct session *session)
{
    struct leg *leg = session->leg;

    if (leg == NULL)
        return;
    leg_forget(leg);
    session->world->ops->dial_cancel(session->world, &leg->dial);
    wire_close(&leg->wire, leg->spoiled);
    mem_free(leg->failure);
    mem_free(leg->greeting);
    mem_free(leg->told_helo);
    mem_free(leg);
    session->leg = NULL;
}

static void arm(struct session *session)
{
    struct leg *leg = session->leg;
    const struct exchange *oldest = TAILQ_FIRST(&leg->expected);
    uint64_t now = world_now(session->world);

    leg->deadline = oldest != NULL ? now + oldest->limit : 0;
    leg->quiet = now;
}

void leg_expect(struct session *session, struct exchange *exchange)
{
    struct leg *leg = session->leg;

    exchange->forwarded = true;
    if (exchange->limit == 0)
        exchange->limit = session->settings->timeouts.reply;
    TAILQ_INSERT_TAIL(&leg->expected, exchange, expect);
    if (leg->outstanding++ == 0)
        arm(session);
}

/* Takes the oldest awaited exchange off the queue and lets its handler see the reply (NULL: none will come).
 */
static void deliver(struct session *session, const struct reply_in *reply)
{
    struct leg *leg = session->leg;
    struct exchange *exchange = TAILQ_FIRST(&leg->expected);

    TAILQ_REMOVE(&leg->expected, exchange, expect);
    leg->outstanding--;
    exchange->forwarded = false;
    arm(session);
    exchange->replied(session, exchange, reply);
    if (exchange->internal)
        exchange_free(exchange);
}

void leg_abandon(struct session *session)
{
    struct leg *leg = session->leg;
    bool idle = session->exchanges.count == 0 && session->body == NULL;

    if (leg == NULL || leg->spoiled)
        return;
    leg->spoiled = true;
    if (session->transaction != NULL && session->transaction->at_upstream &&
        session->transaction->state != TRANSACTION_REFUSED)
        session->transaction->state = TRANSACTION_BROKEN;
    if (session->authenticated && !idle)
        session->closing = true; /* nobody here can authenticate again in the client's name */
    while (session->leg != NULL && !TAILQ_EMPTY(&session->leg->expected))
        deliver(session, NULL);
    if (session->body != NULL)
        body_refuse(session, 451, SPAN("4.4.2"), SPAN("Lost the mail server in mid-message"));
    leg_close(session);
    if (idle && session->authenticated)
        session_end(session, 421, "4.4.2", "Lost the mail server, closing");
    session_again(session);
}

void leg_lose(struct session *session, const char *why)
{
    if (session->leg == NULL || session->leg->spoiled)
        return;
    if (session->leg->state == LEG_SECURING) {
        leg_unsecured(session, why);
        return;
    }
    journal_event(session, LOG_LEVEL_WARN, "upstream-lost", span_str(why));
    if (leg_choosing(session))
        leg_skip(session);
    else
        leg_abandon(session);
}

/* A reply nobody waits for: 421 ends the session (RFC 5321 3.8); anything else cannot be attributed (A-30,
 * */
static void unsolicited(struct session *session, const struct reply_in *reply)
{
    struct span rest = reply->lines, text = {NULL, 0}, enhanced;

    reply_next_line(&rest, &text);
    reply_split_enhanced(text, reply->code, &enhanced, &text);
    if (session->body != NULL) {
        unsigned code = reply->code >= 400 && !session->body->late ? reply->code : 451;
        body_refuse(session, code, enhanced, text);
        leg_lose(session, "replied in mid-message");
    } else if (reply->code == 421) {
        char copy[192];
        struct text kept = TEXT(copy);
        text_add_safe(&kept, span_first(text, sizeof(copy) - 1), false);
        text_char(&kept, '\0');
        leg_lose(session, "421");
        session_end(session, 421, "4.3.2", copy);
    } else {
        leg_lose(session, "reply out of turn");
        session_end(session, 421, "4.3.0", "Mail server out of step, closing");
    }
}

static bool collect_one(struct session *session)
{
    struct leg *leg = session->leg;
    struct reply_limits limits = {REPLY_OCTETS_MAX, (unsigned)session->settings->limits.reply_lines};
    struct reply_in reply;
    struct span data = buf_data(&leg->wire.in);
    long n = data.len != 0 ? reply_read(&leg->reader, data, &limits, &reply) : 0;

    if (n == 0)
        return false;
    if (n < 0) {
        leg_lose(session, n == REPLY_LONG ? "reply too long" : "malformed reply");
        return true;
    }
    leg->reader = (struct reply_reader){0};
    if (leg->state == LEG_GREETING)
        leg_welcomed(session, &reply);
    else if (!TAILQ_EMPTY(&leg->expected))
        deliver(session, &reply);
    else
        unsolicited(session, &reply);
    /* Handlers may have closed this leg, or changed the candidate: then its buffer is gone already. */
    if (session->leg == leg && buf_len(&leg->wire.in) >= (size_t)n)
        buf_consume(&leg->wire.in, (size_t)n);
    return true;
}

static bool listening(const struct session *session)
{
    return session->leg != NULL && session->leg->state != LEG_FAILED && wire_open(&session->leg->wire);
}

bool leg_collect(struct session *session)
{
    bool moved = false;

    while (leg_prepare_step(session) || (listening(session) && collect_one(session)))
        moved = true;
    if (!listening(session) || wire_alive(&session->leg->wire))
        return moved;
    leg_lose(session, session->leg->wire.error != 0 ? strerror(-session->leg->wire.error) : "closed");
    return true;
}

bool leg_verified(const struct session *session)
{
    struct tls_facts facts;

    if (session->leg == NULL || tls_stage(&session->leg->wire) != TLS_UP)
        return false;
    tls_facts(&session->leg->wire, &facts);
    return facts.verified;
}

bool leg_offers(const struct session *session, enum keyword keyword)
{
    return session->leg != NULL && (session->leg->offers >> keyword & 1u) != 0;
}

void leg_greeted(struct session *session, const struct reply_in *reply, struct ehlo *caps)
{
    struct leg *leg = session->leg;
    ehlo_clear(caps);
    leg->state = LEG_READY;
    if (session->extended)
        capabilities_read(caps, reply);
    if (!leg_verified(session))
        ehlo_remove(caps, KEYWORD_REQUIRETLS); /* it is not kept this far (RFC 8689 4.2.1) */
    leg->offers = caps->set;
    identity_offered(session, caps);
    if (session->extended)
        capabilities_learn(session, caps);
}

/* The answer to an EHLO of ours, on a leg opened after the client's. */
static void replayed(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct ehlo caps;

    (void)exchange;
    if (reply == NULL)
        return;
    if (reply->code / 100 == 5)
        capabilities_forget(session); /* it may know HELO only, now: the next client asks it itself */
    if (reply->code == 250)
        leg_greeted(session, reply, &caps);
    else
        leg_fail(session, 451, SPAN("4.3.0"), SPAN("Mail server refuses our greeting"));
    session_again(session);
}

/* Nobody waits for this reply; a negative one only says that the leg is good for nothing any more. */
static void reset_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    (void)exchange;
    if (reply != NULL && reply->code / 100 != 2)
        leg_lose(session, "refused RSET");
}

void leg_reset(struct session *session)
{
    struct exchange *exchange;

    if (session->leg == NULL || session->leg->state != LEG_READY)
        return;
    exchange = exchange_internal(reset_replied);
    if (exchange == NULL || !wire_put(&session->leg->wire, SPAN("RSET\r\n"))) {
        exchange_free(exchange);
        leg_abandon(session);
        return;
    }
    leg_expect(session, exchange);
}

struct exchange *leg_say(struct session *session, struct span line, exchange_replied *replied)
{
    struct exchange *exchange = exchange_internal(replied);

    if (exchange == NULL || !wire_put(&session->leg->wire, line)) {
        exchange_free(exchange);
        return NULL;
    }
    exchange->limit = session->settings->timeouts.helo;
    leg_expect(session, exchange);
    session_again(session);
    return exchange;
}

struct exchange *leg_say_helo(struct session *session, struct span name, bool extended,
                              exchange_replied *replied)
{
    char bytes[600];
    struct text text = TEXT(bytes);

    text_add(&text, extended ? SPAN("EHLO ") : SPAN("HELO "));
    text_add(&text, name);
    text_add(&text, SPAN("\r\n"));
    return text.cut ? NULL : leg_say(session, text_span(&text), replied);
}

/* Introduces the client again, as it introduced itself here or as a filter has it. */
static bool introduce(struct session *session)
{
    const char *name = session->helo_told != NULL ? session->helo_told : session->helo;

    return leg_say_helo(session, span_str(name), session->extended, replayed) != NULL;
}

static enum leg_forward send_line(struct session *session, struct exchange *exchange)
{
    struct leg *leg = session->leg;

    if (leg->outstanding != 0 && (leg->offers >> KEYWORD_PIPELINING & 1u) == 0)
        return LEG_WAIT;
    if (!wire_put(&leg->wire, span_of(exchange->line, exchange->line_len))) {
        session->blocked = true;
        return LEG_WAIT;
    }
    if (exchange->replied == NULL)
        exchange->replied = exchange_relay_or_fail;
    leg_expect(session, exchange);
    session_again(session);
    return LEG_FORWARDED;
}

/* What every way to forward waits for: a leg that has been greeted. */
static enum leg_forward reach_greeting(struct session *session)
{
    if (session->leg == NULL && leg_open(session) == NULL)
        return LEG_NONE;
    if (session->leg->state == LEG_FAILED)
        return LEG_NONE;
    return session->leg->state >= LEG_GREETED ? LEG_FORWARDED : LEG_WAIT;
}

enum leg_forward leg_reach(struct session *session)
{
    enum leg_forward reached = reach_greeting(session);

    if (reached != LEG_FORWARDED || session->leg->state == LEG_READY)
        return reached;
    reached = identity_before_helo(session, span_str(session->helo), session->extended);
    if (reached != LEG_FORWARDED)
        return reached;
    if (session->leg->outstanding == 0 && !introduce(session))
        return LEG_NONE;
    return LEG_WAIT;
}

enum leg_forward leg_forward_helo(struct session *session, struct exchange *exchange)
{
    enum leg_forward reached = reach_greeting(session);

    if (reached == LEG_FORWARDED)
        reached = identity_before_helo(session, span_str(exchange->arguments),
                                       exchange->row == verbs_row(VERB_EHLO));
    return reached == LEG_FORWARDED ? send_line(session, exchange) : reached;
}

enum leg_forward leg_forward_greeted(struct session *session, struct exchange *exchange)
{
    enum leg_forward reached = reach_greeting(session);

    return reached == LEG_FORWARDED ? send_line(session, exchange) : reached;
}

enum leg_forward leg_forward(struct session *session, struct exchange *exchange)
{
    enum leg_forward reached = leg_reach(session);

    return reached == LEG_FORWARDED ? send_line(session, exchange) : reached;
}
