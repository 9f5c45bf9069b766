/* server.c: the sessions of one worker; what one session does is left to session.c. */
#include "session/server.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "session/server_private.h"
#include "session/session.h"

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

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    assert(server->count == 0);
    server->world->ops->alarm_clear(server->world, &server->grace);
    settings_unref(server->settings);
    mem_free(server->known);
    mem_free(server);
}

void server_configure(struct server *server, struct settings *settings)
{
    struct settings *old = server->settings;

    server->settings = settings_ref(settings);
    settings_unref(old);
    mem_free(server->known); /* of upstreams that may be others now */
    server->known = NULL;
}

int server_accept(struct server *server, const struct arrival *arrival, const struct wire_ops *ops,
                  void *carrier)
{
    struct session *session = session_new(server, arrival, ops, carrier);
    int64_t most = server->settings->limits.sessions;

    if (session == NULL)
        return -ENOMEM;
    session->overrun = server->draining || (most != 0 && server->count - server->overrun > (size_t)most);
    server->overrun += session->overrun ? 1 : 0;
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
