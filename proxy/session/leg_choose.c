/* leg_choose.c: which upstream a session gets: one after the other is dialled and must greet. What is said to
 * it afterwards is left to leg.c. */
#include "session/leg_choose.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "session/journal.h"
#include "session/leg_prepare.h"

static void dialled(void *owner, int status);

void leg_fail(struct session *session, unsigned code, struct span enhanced, struct span text)
{
    struct leg *leg = session->leg;

    leg->state = LEG_FAILED;
    leg->deadline = 0;
    if (leg->failure == NULL)
        leg->failure = mem_alloc(sizeof(*leg->failure));
    if (leg->failure != NULL)
        kept_reply_set(leg->failure, code, enhanced, text);
    session_again(session);
}

const struct settings_upstream *leg_upstream(const struct session *session)
{
    const struct settings_upstream *upstreams = session->settings->upstreams.items;

    assert(session->leg->candidate < session->settings->upstreams.count);
    return &upstreams[session->leg->candidate];
}

/* 0: the candidate is being dialled. */
static int dial(struct session *session)
{
    struct leg *leg = session->leg;
    const struct settings_upstream *upstream = leg_upstream(session);
    const char *host = upstream->host;
    uint16_t port = (uint16_t)upstream->port;
    char bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);

    leg->dial = (struct dial){.wire = &leg->wire, .done = dialled, .owner = session};
    leg->dial.mark = (uint32_t)upstream->mark;
    if (upstream->identity == IDENTITY_SOURCE_ADDRESS) {
        leg->dial.source = session->peer;
        leg->dial.source.port = 0;
    }
    if (upstream->original) {
        if (session->original.family == 0)
            return -EADDRNOTAVAIL;
        ip_print(&text, &session->original);
        text_char(&text, '\0');
        host = bytes;
        port = session->original.port;
    }
    return session->world->ops->dial(session->world, &leg->dial, host, port,
                                     session->settings->timeouts.connect);
}

static void try_next(struct session *session)
{
    struct leg *leg = session->leg;

    for (; leg->candidate < session->settings->upstreams.count; leg->candidate++) {
        leg->state = LEG_DIALLING;
        leg->deadline = 0; /* the dial has its own limit, per address */
        if (dial(session) == 0)
            return;
    }
    if (leg->failure == NULL || leg->failure->code == 0)
        leg_fail(session, 451, SPAN("4.4.1"), SPAN("Mail server unreachable, try again later"));
    else
        leg->state = LEG_FAILED;
    session_again(session);
}

void leg_retry(struct session *session)
{
    struct leg *leg = session->leg;

    leg_forget(leg);
    session->world->ops->dial_cancel(session->world, &leg->dial);
    wire_close(&leg->wire, true);
    wire_init(&leg->wire, session->world->pool, session_advance, session);
    leg->reader = (struct reply_reader){0};
    leg->upgrade = false;
    leg->told = TOLD_NOTHING;
    leg->introduced = 0;
    mem_free(leg->told_helo);
    leg->told_helo = NULL;
    try_next(session);
}

/* Gives up on the present candidate, without touching what it may have said. */
void leg_skip(struct session *session)
{
    session->leg->candidate++;
    session->leg->plain = false;
    leg_retry(session);
}

static void dialled(void *owner, int status)
{
    struct session *session = owner;

    if (status == 0) {
        leg_connected(session);
    } else {
        journal_event(session, LOG_LEVEL_WARN, "upstream-unreachable", span_str(strerror(-status)));
        leg_skip(session);
    }
    session_advance(session);
}

struct leg *leg_open(struct session *session)
{
    struct leg *leg = mem_alloc(sizeof(*leg));

    assert(session->leg == NULL);
    if (leg == NULL)
        return NULL;
    session->leg = leg;
    wire_init(&leg->wire, session->world->pool, session_advance, session);
    TAILQ_INIT(&leg->expected);
    try_next(session);
    return leg;
}

/* Somebody here waits for this upstream to become ready, and no client has been told that it is there:
 * another one may do. */
bool leg_choosing(const struct session *session)
{
    const struct exchange *oldest = TAILQ_FIRST(&session->leg->expected);

    return session->leg->state < LEG_READY && (oldest == NULL || oldest->internal) &&
           (session->phase == PHASE_GREET || session->current != NULL);
}

/* The reply that ends the leg's greeting phase. 4xx: another candidate may do better. */
void leg_welcomed(struct session *session, const struct reply_in *reply)
{
    struct leg *leg = session->leg;
    struct span rest = reply->lines, text = {NULL, 0}, enhanced;

    reply_next_line(&rest, &text);
    if (reply->code == 220) {
        mem_free(leg->greeting); /* of a candidate before this one */
        leg->greeting = session->settings->upstream_greeting ? mem_copy(text) : NULL;
        leg_prepare(session);
        return;
    }
    reply_split_enhanced(text, reply->code, &enhanced, &text);
    if (reply->code / 100 == 4 || reply->code / 100 == 5)
        leg_fail(session, reply->code, enhanced, text);
    else
        leg_fail(session, 451, SPAN("4.3.0"), SPAN("Mail server greeted with an unexpected reply"));
    journal_event(session, LOG_LEVEL_WARN, "upstream-refused", text);
    if (reply->code / 100 == 4)
        leg_skip(session);
}

void leg_give_up(struct session *session, struct kept_reply *why)
{
    *why = (struct kept_reply){0};
    if (session->leg != NULL && session->leg->failure != NULL)
        *why = *session->leg->failure;
    if (why->code == 0)
        kept_reply_set(why, 451, SPAN("4.4.1"), SPAN("Mail server unreachable, try again later"));
    if (session->leg != NULL)
        leg_close(session);
}

void leg_refuse(struct session *session, struct exchange *exchange)
{
    struct kept_reply kept;

    leg_give_up(session, &kept);
    exchange_answer(session, exchange, kept.code, kept.enhanced[0] != '\0' ? kept.enhanced : NULL,
                    span_str(kept.text));
}
