/* leg_prepare.c: from an open connection to an upstream that can be told EHLO. Never goes on in plaintext
 * where encryption is demanded, whatever the upstream says or leaves out. */
#include "session/leg_prepare.h"

#include "session/capabilities.h"
#include "session/handshake.h"
#include "session/identity.h"
#include "session/journal.h"
#include "session/leg_choose.h"
#include "session/server_private.h"
#include "tls/tls.h"

static bool wants_tls(const struct session *session)
{
    switch (leg_upstream(session)->tls) {
    case UPSTREAM_TLS_NONE:
        return false;
    case UPSTREAM_TLS_OPPORTUNISTIC:
        return !session->leg->plain;
    case UPSTREAM_TLS_MIRROR:
        return handshake_done(session);
    default:
        return true;
    }
}

static bool demands_tls(const struct session *session)
{
    return leg_upstream(session)->tls != UPSTREAM_TLS_OPPORTUNISTIC && wants_tls(session);
}

/* This one cannot be used, by no fault of the mail's: another candidate may do. */
static void unfit(struct session *session, const char *why)
{
    journal_event(session, LOG_LEVEL_WARN, "upstream-unfit", span_str(why));
    leg_fail(session, 451, SPAN("4.7.5"), SPAN("No secure connection to the mail server, try again later"));
    leg_skip(session);
}

static void greeted(struct session *session)
{
    session->leg->state = LEG_GREETED;
    session->leg->deadline = 0;
    session_again(session);
}

static void no_starttls(struct session *session)
{
    if (demands_tls(session))
        unfit(session, "does not offer STARTTLS");
    else
        greeted(session);
}

static void secure(struct session *session)
{
    struct leg *leg = session->leg;
    struct tls_cache *cache = server_upstream_cache(session->server, session->settings, leg->candidate);

    if (tls_connect(&leg->wire, session->world, leg_upstream(session)->tls_client, cache) != 0) {
        unfit(session, "no memory for TLS");
        return;
    }
    leg->state = LEG_SECURING;
    leg->deadline = world_now(session->world) + session->settings->timeouts.handshake;
}

static void starttls_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    (void)exchange;
    if (reply == NULL)
        return;
    if (reply->code == 220)
        session->leg->upgrade = true;
    else if (demands_tls(session))
        unfit(session, "refuses STARTTLS");
    else
        greeted(session);
}

static void say_starttls(struct session *session)
{
    if (leg_say(session, SPAN("STARTTLS\r\n"), starttls_replied) == NULL)
        unfit(session, "no memory");
}

static bool needs_starttls(const struct session *session)
{
    return wants_tls(session) && tls_stage(&session->leg->wire) != TLS_UP;
}

/* To an upstream that expects no PROXY header it is a command, and its answer may come late: an EHLO of ours
 * is answered by it then, rather than one of the client's. */
static bool has_header(const struct session *session)
{
    int identity = leg_upstream(session)->identity;

    return identity == IDENTITY_PROXY_V1 || identity == IDENTITY_PROXY_V2;
}

static void ehlo_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct ehlo caps;

    (void)exchange;
    if (reply == NULL)
        return;
    capabilities_read(&caps, reply);
    if (reply->code != 250 && has_header(session))
        unfit(session, "takes the PROXY header for a command");
    else if (!needs_starttls(session))
        greeted(session);
    else if (ehlo_has(&caps, KEYWORD_STARTTLS))
        say_starttls(session);
    else
        no_starttls(session);
}

void leg_connected(struct session *session)
{
    struct leg *leg = session->leg;

    leg->state = LEG_GREETING;
    leg->deadline = world_now(session->world) + session->settings->timeouts.greeting;
    if (!identity_header(session))
        unfit(session, "no memory");
    else if (leg_upstream(session)->tls == UPSTREAM_TLS_IMPLICIT)
        secure(session);
}

void leg_prepare(struct session *session)
{
    if (!needs_starttls(session) && !has_header(session)) {
        greeted(session);
        return;
    }
    session->leg->state = LEG_PREPARING;
    session->leg->deadline = 0;
    if (leg_say_helo(session, span_str(session->settings->hostname), true, ehlo_replied) == NULL)
        unfit(session, "no memory");
}

static void secured(struct session *session)
{
    struct leg *leg = session->leg;

    journal_encrypted(session, "upstream", &leg->wire);
    if (leg_upstream(session)->tls != UPSTREAM_TLS_IMPLICIT) {
        greeted(session);
        return;
    }
    leg->state = LEG_GREETING;
    leg->deadline = world_now(session->world) + session->settings->timeouts.greeting;
}

void leg_unsecured(struct session *session, const char *why)
{
    if (demands_tls(session)) {
        unfit(session, why);
        return;
    }
    journal_event(session, LOG_LEVEL_WARN, "upstream-plaintext", span_str(why));
    session->leg->plain = true;
    leg_retry(session);
}

static void failed(struct session *session)
{
    char copy[160];
    struct text why = TEXT(copy);

    text_add_safe(&why, span_str(tls_failure(&session->leg->wire)), false);
    text_char(&why, '\0');
    leg_unsecured(session, copy);
}

/* TLS begins, if the reply that invites it answers what has been said, and nothing has come behind it. */
static void upgrade(struct session *session)
{
    session->leg->upgrade = false;
    if (buf_len(&session->leg->wire.out) != 0)
        unfit(session, "replied to STARTTLS before it was sent");
    else if (buf_len(&session->leg->wire.in) != 0)
        unfit(session, "sent something behind its reply to STARTTLS");
    else
        secure(session);
}

bool leg_prepare_step(struct session *session)
{
    struct leg *leg = session->leg;

    if (leg == NULL || (!leg->upgrade && leg->state != LEG_SECURING))
        return false;
    if (leg->upgrade)
        upgrade(session);
    else if (tls_stage(&leg->wire) == TLS_UP)
        secured(session);
    else if (tls_stage(&leg->wire) == TLS_FAILED)
        failed(session);
    else
        return false;
    return true;
}
