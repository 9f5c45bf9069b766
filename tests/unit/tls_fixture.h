/* tls_fixture.h: two wires joined in memory, TLS over them, and what their owners say and hear. Nothing
 * happens but in run(). */
#ifndef TLS_FIXTURE_H
#define TLS_FIXTURE_H

#include <errno.h>

#include "base/mem.h"
#include "lab.h"
#include "test.h"
#include "tls/tls_private.h"

/* How the link takes and delivers; zeroes: all at once. */
struct manner {
    size_t accept; /* octets taken of a write at a time */
    size_t piece;  /* octets delivered at a time */
};

/* One end: its wire, and its owner, who says what is in `say` and hears into `heard`. */
struct end {
    struct wire wire;
    struct end *peer;
    struct lab *lab;
    struct manner manner;
    struct lab_bytes flying; /* on the way to this end, ciphertext or not */
    size_t delivered;        /* octets of it */
    struct span pinned;      /* of this end's write */
    bool reading, fin_sent, fin_told, closed, aborted, deaf;
    unsigned writes;
    struct lab_bytes say, heard;
    size_t said, advances, hears; /* hears: octets taken at a time; 0: all */
    unsigned close_at;            /* closes in that advance, counted from 1 */
    bool sated;                   /* hears nothing */
    struct span answers;          /* says this whenever it has heard something */
    bool finishes;                /* once all is said */
    enum tls_stage stage;         /* last seen */
};

struct pair {
    struct lab lab;
    struct end server, client;
};

/* --- the link */

static long link_write(struct wire *wire, struct span s)
{
    struct end *end = wire->carrier;
    size_t n = end->manner.accept != 0 && end->manner.accept < s.len ? end->manner.accept : s.len;

    REQUIRE(end->pinned.len == 0 && !end->fin_sent && !end->closed);
    end->writes++;
    if (end->peer->closed)
        return -EPIPE;
    if (end->deaf)
        n = 0;
    lab_bytes_add(&end->peer->flying, span_first(s, n));
    end->pinned = span_skip(s, n);
    return (long)n;
}

static void link_read(struct wire *wire, bool on)
{
    struct end *end = wire->carrier;

    end->reading = on;
}

static void link_finish(struct wire *wire)
{
    struct end *end = wire->carrier;

    REQUIRE(!end->fin_sent);
    end->fin_sent = true;
}

static void link_close(struct wire *wire, bool abort_it)
{
    struct end *end = wire->carrier;

    end->closed = true;
    end->aborted = abort_it;
    end->reading = false;
    end->pinned = span_of(NULL, 0);
}

static const struct wire_ops link_ops = {link_write, link_read, link_finish, link_close};

/* The wire that the link carries: the end's, or the one beneath it. */
static struct wire *lowest(struct end *end)
{
    return tls_stage(&end->wire) != TLS_ABSENT ? &((struct tls *)end->wire.carrier)->under : &end->wire;
}

static bool link_take(struct end *end)
{
    size_t n = end->manner.accept != 0 && end->manner.accept < end->pinned.len ? end->manner.accept
                                                                               : end->pinned.len;

    if (end->pinned.len == 0 || end->deaf)
        return false;
    if (end->peer->closed) {
        end->pinned = span_of(NULL, 0);
        wire_sent(lowest(end), -EPIPE);
        return true;
    }
    lab_bytes_add(&end->peer->flying, span_first(end->pinned, n));
    end->pinned = span_skip(end->pinned, n);
    if (end->pinned.len == 0)
        wire_sent(lowest(end), 0);
    return true;
}

static bool link_deliver(struct end *end)
{
    size_t n = end->flying.len - end->delivered, room;
    char *space;

    if (!end->reading)
        return false;
    if (n == 0 && !end->fin_told && (end->peer->fin_sent || end->peer->closed)) {
        end->fin_told = true;
        wire_ended(lowest(end), end->peer->aborted ? -ECONNRESET : 0);
        return true;
    }
    if (n == 0)
        return false;
    space = wire_space(lowest(end), &room);
    if (space == NULL) {
        end->fin_told = true;
        wire_ended(lowest(end), -ENOMEM);
        return true;
    }
    if (end->manner.piece != 0 && n > end->manner.piece)
        n = end->manner.piece;
    if (n > room)
        n = room;
    memcpy(space, end->flying.ptr + end->delivered, n);
    end->delivered += n;
    wire_received(lowest(end), n);
    return true;
}

/* --- the owners */

static void end_advance(void *owner)
{
    struct end *end = owner;
    struct span heard = buf_data(&end->wire.in), say;

    end->advances++;
    end->stage = tls_stage(&end->wire);
    if (end->close_at != 0 && end->advances == end->close_at) {
        wire_close(&end->wire, false);
        return;
    }
    if (end->sated)
        heard.len = 0;
    else if (end->hears != 0)
        heard = span_first(heard, end->hears);
    lab_bytes_add(&end->heard, heard);
    buf_consume(&end->wire.in, heard.len);
    if (heard.len > 0)
        lab_bytes_add(&end->say, end->answers);
    say = lab_bytes_from(&end->say, end->said);
    while (say.len != 0 && end->wire.error == 0 && wire_put_room(&end->wire) != 0) {
        struct span part = span_first(say, wire_put_room(&end->wire));
        if (!wire_put(&end->wire, part))
            break;
        end->said += part.len;
        say = span_skip(say, part.len);
        wire_update(&end->wire);
    }
    if (end->finishes && end->said == end->say.len)
        wire_finish(&end->wire);
    wire_update(&end->wire);
}

static inline void end_say(struct end *end, struct span s)
{
    lab_bytes_add(&end->say, s);
    if (wire_open(&end->wire))
        end_advance(end);
}

static bool pair_step(struct pair *pair)
{
    return link_deliver(&pair->server) || link_deliver(&pair->client) || link_take(&pair->server) ||
           link_take(&pair->client) || lab_step(&pair->lab);
}

/* Until nothing happens. */
static void run(struct pair *pair)
{
    unsigned steps = 0;

    while (pair_step(pair))
        REQUIRE(steps++ < 20000000);
}

static void end_init(struct end *end, struct pair *pair, struct end *peer, struct manner manner)
{
    *end = (struct end){.lab = &pair->lab, .peer = peer, .manner = manner};
    wire_init(&end->wire, &pair->lab.pool, end_advance, end);
    wire_attach(&end->wire, &link_ops, end);
}

static void pair_init(struct pair *pair, struct manner manner)
{
    lab_init(&pair->lab, 1);
    end_init(&pair->server, pair, &pair->client, manner);
    end_init(&pair->client, pair, &pair->server, manner);
}

static void end_free(struct end *end)
{
    wire_close(&end->wire, false);
    lab_bytes_free(&end->flying);
    lab_bytes_free(&end->say);
    lab_bytes_free(&end->heard);
}

/* Nothing has leaked: lab_free() looks. */
static void pair_free(struct pair *pair)
{
    end_free(&pair->server);
    end_free(&pair->client);
    lab_free(&pair->lab);
}

/* --- credentials */

static const struct tls_policy policy_12 = {TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, 7};
static const struct tls_policy policy_13 = {TLS_VERSION_13, TLS_CIPHERS_INTERMEDIATE, 7};
static const struct tls_certificate_files certificate = {.chain = TEST_CERTIFICATES "/ecdsa.pem",
                                                         .key = TEST_CERTIFICATES "/ecdsa.key"};

static void complain(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    (void)owner;
    if (!warning)
        fprintf(stderr, "%s %zu: %s\n", key, index, text);
}

static const struct tls_complaints complaints = {complain, NULL};

static inline struct tls_server *server_new(int ask)
{
    struct tls_server_terms terms = {.certificates = &certificate,
                                     .count = 1,
                                     .policy = &policy_12,
                                     .ask = ask,
                                     .client_ca = TEST_CERTIFICATES "/ca.pem",
                                     .tickets = ask == TLS_ASK_NONE};
    struct tls_server *server = tls_server_new(&terms, &complaints);

    REQUIRE(server != NULL);
    return server;
}

static inline struct tls_client *client_new(const struct tls_policy *policy, bool verify, bool shows)
{
    struct tls_client_terms terms = {.name = "mail.example.org",
                                     .verify = verify,
                                     .ca = TEST_CERTIFICATES "/ca.pem",
                                     .policy = policy,
                                     .chain = shows ? TEST_CERTIFICATES "/client.pem" : NULL,
                                     .key = shows ? TEST_CERTIFICATES "/client.key" : NULL};
    struct tls_client *client = tls_client_new(&terms, &complaints);

    REQUIRE(client != NULL);
    return client;
}

/* The highest version that a client offers, of one whose policy has room for both. */
static inline void only_12(struct tls_client *client)
{
    struct tls_credentials *credentials = tls_client_credentials(client);

    mbedtls_ssl_conf_max_tls_version(&credentials->config, MBEDTLS_SSL_VERSION_TLS1_2);
    tls_credentials_unref(credentials);
}

static inline void pair_shake(struct pair *pair, struct tls_server *server, struct tls_client *client,
                              struct tls_cache *cache)
{
    REQUIRE(tls_accept(&pair->server.wire, &pair->lab.world, server) == 0);
    REQUIRE(tls_connect(&pair->client.wire, &pair->lab.world, client, cache) == 0);
    end_advance(&pair->server);
    end_advance(&pair->client);
    run(pair);
}

#endif
