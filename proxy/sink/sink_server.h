/* sink_server.h: the sink's sessions and what they share. What one session does is left to sink_session.c;
 * sockets to net/. */
#ifndef SINK_SINK_SERVER_H
#define SINK_SINK_SERVER_H

#include "base/world.h"
#include "sink/sink_script.h"
#include "sink/sink_store.h"
#include "sink/transcript.h"
#include "smtp/ehlo.h"

struct tls_server;

/* How a sink behaves. */
struct sink_options {
    const char *hostname;
    uint64_t hidden;        /* bits of enum keyword that are neither offered nor accepted */
    uint64_t size;          /* octets of a message; 0: no limit */
    uint32_t recipients;    /* per transaction, at least 1 */
    uint64_t timeout;       /* milliseconds without a byte before 421 */
    uint64_t messages;      /* after so many stored ones the sink drains; 0: never */
    const char *auth;       /* "user:password"; NULL: any is accepted */
    struct tls_server *tls; /* outlives the server; NULL: STARTTLS is not offered */
    bool tls_implicit;      /* TLS from the first octet */
    bool xclient;           /* XCLIENT and XFORWARD are offered, and anyone is believed */
    bool proxy;             /* a PROXY header comes first */
    struct sink_script script;
    struct sink_store *store;            /* outlives the server */
    const struct transcript *transcript; /* outlives the server; may be NULL */
};

struct sink_server;

/* world must outlive it, *options is copied, strings in it must outlive it. emptied(owner) is called when
 * draining and no session is left, also from inside the calls below. NULL: no memory. */
struct sink_server *sink_server_new(struct world *world, const struct sink_options *options,
                                    void (*emptied)(void *owner), void *owner);
/* No session may be left. */
void sink_server_free(struct sink_server *server);
/* A new session over an open carrier. 0, or a negative errno: the caller then closes the carrier. While
 * draining the client is answered 421. */
int sink_server_accept(struct sink_server *server, const struct ip *peer, const struct wire_ops *ops,
                       void *carrier);
/* Sessions outside a transaction are answered 421 at once, others after it. */
void sink_server_drain(struct sink_server *server);
/* Ends every session now; messages not yet acknowledged are given up. */
void sink_server_abort(struct sink_server *server);

size_t sink_server_sessions(const struct sink_server *server);
/* Messages stored so far. */
uint64_t sink_server_messages(const struct sink_server *server);

#endif
