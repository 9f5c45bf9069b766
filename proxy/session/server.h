/* server.h: the sessions of one worker: their settings, what they share, how they are ended together. What
 * one session does is left to session.c; sockets and threads to net/. */
#ifndef SESSION_SERVER_H
#define SESSION_SERVER_H

#include "base/world.h"
#include "session/settings.h"

struct server;

/* A client that has connected. */
struct arrival {
    struct ip peer;  /* the client */
    struct ip local; /* the address it reached */
    struct ip
        original; /* the one it meant to reach, by the kernel's word; family 0: not asked, or not told */
    const struct settings_listener *listener; /* of the settings in force */
};

/* One per worker. world must outlive it. emptied(owner) is called when draining and the last session has
 * gone. NULL: no memory. */
struct server *server_new(struct world *world, void (*emptied)(void *owner), void *owner);
/* No session may be left. */
void server_free(struct server *server);

/* New sessions use these settings from now on; takes a reference and gives up the old one's. Runs on the
 * worker's thread. */
void server_configure(struct server *server, struct settings *settings);

/* A new session over an open carrier. 0, or a negative errno: the caller then closes the carrier. With more
 * sessions than allowed, or draining, the client is answered 421 and closed by the session itself. */
int server_accept(struct server *server, const struct arrival *arrival, const struct wire_ops *ops,
                  void *carrier);

/* Ends politely: sessions outside a transaction are answered 421 at once, others when their transaction is
 * over or after `grace` milliseconds. */
void server_drain(struct server *server, uint64_t grace);

/* Sessions open now. */
size_t server_sessions(const struct server *server);

/* References to a generation; the last one given up calls settings->release(). Thread-safe. */
struct settings *settings_ref(struct settings *settings);
void settings_unref(struct settings *settings);

#endif
