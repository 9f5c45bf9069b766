/* capabilities.c: what the client is offered; parsing and printing are left to smtp/ehlo. */
#include "session/capabilities.h"

#include "base/mem.h"
#include "session/handshake.h"
#include "session/leg.h"
#include "session/server_private.h"
#include "session/verbs.h"
#include "smtp/params.h"

#define TRACE_GROWTH 1024u /* octets that a Received field of ours may add */
#define EDITS_GROWTH 4096u /* octets that filters' header fields may add */

void capabilities_read(struct ehlo *caps, const struct reply_in *reply)
{
    struct span rest = reply->lines, line;

    ehlo_clear(caps);
    if (reply->code == 250 && reply_next_line(&rest, &line))
        while (reply_next_line(&rest, &line))
            ehlo_add_line(caps, line);
}

/* Where the capabilities of the session's upstream are remembered; without a connection, of the one that will
 * be tried first. An upstream that differs from client to client has none. */
static struct ehlo **memory(const struct session *session)
{
    unsigned candidate = session->leg != NULL ? session->leg->candidate : 0;
    const struct settings_upstream *upstreams = session->settings->upstreams.items;
    struct server_upstream *upstream;

    if (session->server->settings != session->settings || candidate >= session->settings->upstreams.count ||
        upstreams[candidate].original)
        return NULL;
    upstream = server_upstream(session->server, candidate);
    return upstream != NULL ? &upstream->known[handshake_done(session) ? 1 : 0] : NULL;
}

void capabilities_learn(struct session *session, const struct ehlo *caps)
{
    struct ehlo **known = memory(session);

    if (known == NULL)
        return;
    if (*known == NULL)
        *known = mem_alloc(sizeof(**known));
    if (*known != NULL)
        **known = *caps;
}

void capabilities_forget(struct session *session)
{
    struct ehlo **known = memory(session);

    if (known == NULL)
        return;
    mem_free(*known);
    *known = NULL;
}

const struct ehlo *capabilities_known(const struct session *session)
{
    struct ehlo **known = memory(session);

    return known != NULL ? *known : NULL;
}

/* Our own side of TLS (RFC 3207 4.2: not offered any more once it is up). A password is not asked for in
 * plaintext where it need not be. REQUIRETLS is kept only by two encrypted sides, the other one verified
 * (RFC 8689 2). */
static void encryption(const struct session *session, const struct ehlo *upstream, struct ehlo *offer)
{
    int tls = session->listener->tls;
    bool inside = handshake_done(session);

    if (!inside && (tls == CLIENT_TLS_STARTTLS || tls == CLIENT_TLS_REQUIRED)) {
        ehlo_set(offer, KEYWORD_STARTTLS, span_of(NULL, 0));
        if (!session->listener->auth_without_tls)
            ehlo_remove(offer, KEYWORD_AUTH);
    }
    if (inside && upstream != NULL && ehlo_has(upstream, KEYWORD_REQUIRETLS) && leg_verified(session))
        ehlo_set(offer, KEYWORD_REQUIRETLS, span_of(NULL, 0));
}

/* Who stands in front of us may say who the client is, if it is trusted to. */
static void introductions(const struct session *session, struct ehlo *offer)
{
    if (!session->introduces)
        return;
    ehlo_set(offer, KEYWORD_XCLIENT, SPAN(VERB_XCLIENT_ATTRIBUTES));
    ehlo_set(offer, KEYWORD_XFORWARD, SPAN(VERB_XFORWARD_ATTRIBUTES));
}

/* The settings' own opinion about CHUNKING. */
static void chunking(const struct settings *settings, struct ehlo *offer)
{
    if (settings->chunking == CHUNKING_ALWAYS)
        ehlo_set(offer, KEYWORD_CHUNKING, span_of(NULL, 0));
    if (settings->chunking == CHUNKING_NEVER) {
        ehlo_remove(offer, KEYWORD_CHUNKING);
        ehlo_remove(offer, KEYWORD_BINARYMIME);
    }
}

static void ask_filters(struct session *session, const struct ehlo *upstream, struct ehlo *offer)
{
    struct chain_question question = {.event = FILTER_CAPABILITIES};
    struct decision decision;

    question.capabilities.upstream = upstream;
    question.capabilities.offer = offer;
    chain_ask(&session->chain, &question, &decision);
}

void capabilities_offer(struct session *session, const struct ehlo *upstream, struct ehlo *offer)
{
    const struct settings *settings = session->settings;
    bool edits = chain_holds(settings->chain) != CHAIN_HOLDS_NOTHING;
    uint64_t growth = (settings->trace == TRACE_RECEIVED ? TRACE_GROWTH : 0) + (edits ? EDITS_GROWTH : 0);
    struct ehlo_limits own = {0};

    own.mail_max = (uint32_t)settings->limits.transactions;
    if (ehlo_has(upstream, KEYWORD_LIMITS) || own.mail_max != 0)
        own.rcpt_max = (uint32_t)settings->limits.recipients;
    ehlo_offer(offer, upstream, 0, settings->limits.message_size, growth, &own);
    chunking(settings, offer);
    encryption(session, upstream, offer);
    introductions(session, offer);
    ask_filters(session, upstream, offer);
    if (!ehlo_has(offer, KEYWORD_CHUNKING))
        ehlo_remove(offer, KEYWORD_BINARYMIME);
    session->offered = offer->set;
    session->mail_allowance = (uint16_t)params_line_allowance(PARAM_OF_MAIL, offer->set);
    session->rcpt_allowance = (uint16_t)params_line_allowance(PARAM_OF_RCPT, offer->set);
    session->size_limit = ehlo_has(offer, KEYWORD_SIZE) ? offer->size : 0;
    mem_free(session->mechanisms);
    session->mechanisms = NULL;
    if (ehlo_has(offer, KEYWORD_AUTH))
        session->mechanisms = mem_copy(ehlo_arguments(offer, KEYWORD_AUTH));
}
