/* sink_server.c: the sink's sessions together; what one session does is left to sink_session.c. */
#include "sink/sink_server.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "sink/sink_session.h"

/* What a sink can do; arguments that depend on its options are set apart. */
static const struct {
    enum keyword keyword;
    const char *arguments;
} abilities[] = {
    {KEYWORD_PIPELINING, ""},
    {KEYWORD_8BITMIME, ""},
    {KEYWORD_SMTPUTF8, ""},
    {KEYWORD_DSN, ""},
    {KEYWORD_CHUNKING, ""},
    {KEYWORD_ENHANCEDSTATUSCODES, ""},
    {KEYWORD_BINARYMIME, ""},
    {KEYWORD_VRFY, ""},
    {KEYWORD_AUTH, "PLAIN LOGIN"},
    {KEYWORD_ETRN, ""},
    {KEYWORD_HELP, ""},
    {KEYWORD_STARTTLS, ""},
    {KEYWORD_XCLIENT, "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"},
    {KEYWORD_XFORWARD, "NAME ADDR PORT PROTO HELO IDENT SOURCE"},
};

/* What the options do not ask for is hidden. */
static uint64_t unasked(const struct sink_options *options)
{
    uint64_t bits = 0;

    if (options->tls == NULL)
        bits |= (uint64_t)1 << KEYWORD_STARTTLS;
    if (!options->xclient)
        bits |= (uint64_t)1 << KEYWORD_XCLIENT | (uint64_t)1 << KEYWORD_XFORWARD;
    return bits;
}

static bool offer(struct sink_server *server, enum keyword keyword, const char *arguments)
{
    if ((server->options.hidden >> keyword & 1) != 0)
        return true;
    return ehlo_set(&server->offer, keyword, span_str(arguments));
}

static bool fill_offer(struct sink_server *server)
{
    char number[40];
    bool good = true;

    ehlo_clear(&server->offer);
    for (size_t i = 0; i < sizeof(abilities) / sizeof(*abilities); i++)
        good = offer(server, abilities[i].keyword, abilities[i].arguments) && good;
    snprintf(number, sizeof(number), "%llu", (unsigned long long)server->options.size);
    good = offer(server, KEYWORD_SIZE, number) && good;
    snprintf(number, sizeof(number), "RCPTMAX=%u", server->options.recipients);
    good = offer(server, KEYWORD_LIMITS, number) && good;
    if (!ehlo_has(&server->offer, KEYWORD_CHUNKING))
        ehlo_remove(&server->offer, KEYWORD_BINARYMIME);
    return good;
}

struct sink_server *sink_server_new(struct world *world, const struct sink_options *options,
                                    void (*emptied)(void *owner), void *owner)
{
    struct sink_server *server = mem_alloc(sizeof(*server));

    if (server == NULL)
        return NULL;
    *server = (struct sink_server){.world = world, .options = *options, .emptied = emptied, .owner = owner};
    server->options.hidden |= unasked(options);
    if (!fill_offer(server)) {
        mem_free(server);
        return NULL;
    }
    return server;
}

void sink_server_free(struct sink_server *server)
{
    if (server == NULL)
        return;
    assert(server->sessions == NULL);
    mem_free(server);
}

int sink_server_accept(struct sink_server *server, const struct ip *peer, const struct wire_ops *ops,
                       void *carrier)
{
    return sink_session_new(server, peer, ops, carrier);
}

void sink_server_drain(struct sink_server *server)
{
    struct sink_session *next;

    server->draining = true;
    if (server->sessions == NULL) {
        server->emptied(server->owner);
        return;
    }
    for (struct sink_session *session = server->sessions; session != NULL; session = next) {
        next = session->next;
        sink_session_drain(session);
    }
}

void sink_server_abort(struct sink_server *server)
{
    struct sink_session *next;

    server->draining = true;
    for (struct sink_session *session = server->sessions; session != NULL; session = next) {
        next = session->next;
        session->reset = true;
        sink_session_free(session);
    }
}

void sink_server_left(struct sink_server *server)
{
    server->count--;
    if (server->count == 0 && server->draining)
        server->emptied(server->owner);
}

/* With the last message wanted, new clients are turned away; those that are here may finish. */
void sink_server_stored(struct sink_server *server)
{
    server->stored++;
    if (server->options.messages != 0 && server->stored >= server->options.messages)
        server->draining = true;
}

size_t sink_server_sessions(const struct sink_server *server)
{
    return server->count;
}

uint64_t sink_server_messages(const struct sink_server *server)
{
    return server->stored;
}
