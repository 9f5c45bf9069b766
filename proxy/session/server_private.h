/* server_private.h: what the sessions of one worker share. Private to session/. */
#ifndef SESSION_SERVER_PRIVATE_H
#define SESSION_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "session/server.h"
#include "smtp/ehlo.h"

/* What is remembered of one upstream. */
struct server_upstream {
    struct ehlo *known[2]; /* its capabilities as last seen, for clients without and with TLS; NULL: never */
    struct tls_cache *cache; /* NULL: nothing is resumed */
};

struct server {
    struct world *world;
    struct settings *settings;
    LIST_HEAD(server_sessions, session) sessions;
    size_t count;
    size_t overrun;                    /* of them: only told 421, they keep nobody out */
    struct server_upstream *upstreams; /* as many as the settings have */
    struct alarm grace;                /* while draining */
    void (*emptied)(void *owner);
    void *owner;
    bool draining;
};

/* It is known who the client is: is there room for it? Sets session->overrun. */
void server_admit(struct server *server, struct session *session);
/* The one at this place in the settings in force; NULL: no memory to remember anything of it. */
struct server_upstream *server_upstream(struct server *server, unsigned index);
/* Its earlier TLS sessions; NULL: none are kept, or these settings are in force no more. */
struct tls_cache *server_upstream_cache(struct server *server, const struct settings *settings,
                                        unsigned index);
/* The session has gone. */
void server_left(struct server *server, struct session *session);

#endif
