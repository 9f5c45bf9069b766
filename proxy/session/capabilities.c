/* capabilities.c: what the client is offered; parsing and printing are left to smtp/ehlo. */
#include "session/capabilities.h"

#include "base/mem.h"
#include "session/server_private.h"
#include "smtp/params.h"

#define TRACE_GROWTH 1024u /* octets that a Received field of ours may add */
#define EDITS_GROWTH 4096u /* octets that filters' header fields may add */

void capabilities_learn(struct session *session, const struct ehlo *caps)
{
    struct server *server = session->server;

    if (server->known == NULL)
        server->known = mem_alloc(sizeof(*server->known));
    if (server->known != NULL)
        *server->known = *caps;
}

void capabilities_forget(struct session *session)
{
    mem_free(session->server->known);
    session->server->known = NULL;
}

const struct ehlo *capabilities_known(const struct session *session)
{
    return session->server->known;
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
    unsigned edits = chain_edits(settings->chain);
    uint64_t growth =
        (settings->trace == TRACE_RECEIVED ? TRACE_GROWTH : 0) + (edits != 0 ? EDITS_GROWTH : 0);
    struct ehlo_limits own = {0};

    own.mail_max = (uint32_t)settings->limits.transactions;
    if (ehlo_has(upstream, KEYWORD_LIMITS) || own.mail_max != 0)
        own.rcpt_max = (uint32_t)settings->limits.recipients;
    ehlo_offer(offer, upstream, 0, settings->limits.message_size, growth, &own);
    chunking(settings, offer);
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
