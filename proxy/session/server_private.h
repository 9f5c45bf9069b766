/* server_private.h: what the sessions of one worker share. Private to session/. */
#ifndef SESSION_SERVER_PRIVATE_H
#define SESSION_SERVER_PRIVATE_H

#include <sys/queue.h>

#include "session/server.h"
#include "smtp/ehlo.h"

struct server {
    struct world *world;
    struct settings *settings;
    LIST_HEAD(server_sessions, session) sessions;
    size_t count;
    size_t overrun;     /* of them: only told 421, they keep nobody out */
    struct ehlo *known; /* the upstream's capabilities as last seen; NULL: never */
    struct alarm grace; /* while draining */
    void (*emptied)(void *owner);
    void *owner;
    bool draining;
};

/* The session has gone. */
void server_left(struct server *server, struct session *session);

#endif
