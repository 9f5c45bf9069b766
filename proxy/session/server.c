/* server.c: the sessions of one worker; what one session does is left to session.c. */
#include "session/server.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "session/server_private.h"
#include "session/session.h"
#include "tls/tls.h"

struct settings *settings_ref(struct settings *settings)
{
    atomic_fetch_add(&settings->references, 1);
    return settings;
}

void settings_unref(struct settings *settings)
{
    if (settings != NULL && atomic_fetch_sub(&settings->references, 1) == 1)
        settings->release(settings);
}

struct server *server_new(struct world *world, void (*emptied)(void *owner), void *owner)
{
    struct server *server = mem_alloc(sizeof(*server));

    if (server == NULL)
        return NULL;
    server->world = world;
    server->emptied = emptied;
    server->owner = owner;
    LIST_INIT(&server->sessions);
    return server;
}

static void forget_upstreams(struct server *server)
{
    for (size_t i = 0; server->upstreams != NULL && i < server->settings->upstreams.count; i++) {
        mem_free(server->upstreams[i].known[0]);
        mem_free(server->upstreams[i].known[1]);
        tls_cache_free(server->upstreams[i].cache);
    }
    mem_free(server->upstreams);
    server->upstreams = NULL;
}

/* Made when first needed; NULL: no memory, so nothing is remembered. */
struct server_upstream *server_upstream(struct server *server, unsigned index)
{
    assert(index < server->settings->upstreams.count);
    if (server->upstreams == NULL)
        server->upstreams = mem_alloc(server->settings->upstreams.count * sizeof(*server->upstreams));
    return server->upstreams != NULL ? &server->upstreams[index] : NULL;
}

struct tls_cache *server_upstream_cache(struct server *server, const struct settings *settings,
                                        unsigned index)
{
    struct server_upstream *upstream = server->settings == settings ? server_upstream(server, index) : NULL;

    if (upstream == NULL)
        return NULL;
    if (upstream->cache == NULL)
        upstream->cache = tls_cache_new();
    return upstream->cache;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    assert(server->count == 0);
    server->world->ops->alarm_clear(server->world, &server->grace);
    settings_unref(server->settings);
    forget_upstreams(server);
    mem_free(server);
}

void server_configure(struct server *server, struct settings *settings)
{
    struct settings *old = server->settings;

    forget_upstreams(server); /* they may be others now */
    server->settings = settings_ref(settings);
    settings_unref(old);
}

/* Served sessions of one client, the one given included. Only walked when there is such a limit: an arrival
 * then costs a look at every session. */
static size_t of_client(const struct server *server, const struct ip *client)
{
    const struct session *session;
    size_t count = 0;

    LIST_FOREACH(session, &server->sessions, link)
    {
        const struct ip *peer = &session->peer;
        count += !session->overrun && peer->family == client->family &&
                 memcmp(peer->bytes, client->bytes, sizeof(peer->bytes)) == 0;
    }
    return count;
}

/* A session that has just been added is one too many (RFC 5321 3.8: it is told 421). */
static bool too_many(const struct server *server, const struct ip *client)
{
    const struct settings_limits *limits = &server->settings->limits;
    const struct pool *pool = server->world->pool;

    if (server->draining)
        return true;
    if (limits->sessions != 0 && server->count - server->overrun > (size_t)limits->sessions)
        return true;
    if (limits->memory != 0 && (uint64_t)pool->leased * pool->block_size >= limits->memory)
        return true;
    return limits->sessions_per_client != 0 &&
           of_client(server, client) > (size_t)limits->sessions_per_client;
}

void server_admit(struct server *server, struct session *session)
{
    session->overrun = too_many(server, &session->peer);
    server->overrun += session->overrun ? 1 : 0;
}

int server_accept(struct server *server, const struct arrival *arrival, const struct wire_ops *ops,
                  void *carrier)
{
    struct session *session = session_new(server, arrival, ops, carrier);

    if (session == NULL)
        return -ENOMEM;
    session_advance(session);
    return 0;
}

void server_left(struct server *server, struct session *session)
{
    LIST_REMOVE(session, link);
    server->count--;
    server->overrun -= session->overrun ? 1 : 0;
    if (server->draining && server->count == 0)
        server->emptied(server->owner);
}

static void time_is_up(void *owner)
{
    struct server *server = owner;
    struct session *session = LIST_FIRST(&server->sessions);

    while (session != NULL) {
        struct session *next = LIST_NEXT(session, link);
        session_end(session, 421, "4.3.2", "Service is shutting down");
        session_advance(session);
        session = next;
    }
}

void server_drain(struct server *server, uint64_t grace)
{
    struct world *world = server->world;
    struct session *session = LIST_FIRST(&server->sessions);

    server->draining = true;
    server->grace = (struct alarm){.ring = time_is_up, .owner = server, .handle = server->grace.handle};
    world->ops->alarm_set(world, &server->grace, world_now(world) + grace);
    if (server->count == 0) {
        server->emptied(server->owner);
        return;
    }
    while (session != NULL) {
        struct session *next = LIST_NEXT(session, link);
        session->draining = true;
        session_advance(session);
        session = next;
    }
}

size_t server_sessions(const struct server *server)
{
    return server->count;
}
