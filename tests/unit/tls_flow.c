/* tls_flow.c: tests of records: pressure from either side, plaintext that waits within, writes. */
#include "tls_fixture.h"

#include <pthread.h>

/* mbedTLS's own, for records that its interface does not make. */
int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);

static struct tls_server *server;
static struct tls_client *clients[2]; /* TLS 1.2, TLS 1.3 */

static void say_much(struct end *end, size_t octets)
{
    for (size_t i = 0; i < octets / 10; i++)
        lab_bytes_add(&end->say, SPAN("123456789\n"));
}

/* An owner that wants no more is given no more, and what it has not got is not read from the peer: a block
 * above, a record within, a block beneath. */
static void test_pressure(struct tls_client *client)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    pair.server.sated = true;
    say_much(&pair.client, 500000);
    end_advance(&pair.client);
    run(&pair);
    CHECK(buf_len(&pair.server.wire.in) == LAB_BLOCK);
    CHECK(!pair.server.reading && pair.server.delivered <= 3 * (size_t)LAB_BLOCK);
    pair.server.sated = false;
    end_advance(&pair.server);
    CHECK(pair.server.heard.len == LAB_BLOCK); /* no more from inside the owner's own call */
    run(&pair);
    CHECK(pair.server.heard.len == 500000);
    CHECK(memcmp(pair.server.heard.ptr, pair.client.say.ptr, 500000) == 0);
    pair_free(&pair);
}

/* A peer that does not read: what is put stays in two blocks, until it does. */
static void test_pressure_back(struct tls_client *client)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    pair.server.deaf = true;
    say_much(&pair.server, 500000);
    end_advance(&pair.server);
    run(&pair);
    CHECK(pair.server.said <= 2 * (size_t)LAB_BLOCK && pair.server.wire.in_flight > 0);
    end_say(&pair.client, SPAN("NOOP\r\n")); /* the other direction goes on */
    run(&pair);
    CHECK_SPAN(lab_bytes_from(&pair.server.heard, 0), SPAN("NOOP\r\n"));
    pair.server.deaf = false;
    run(&pair);
    CHECK(pair.client.heard.len == 500000);
    pair_free(&pair);
}

/* The rest of a record that had no room arrives although nothing more comes from the peer; so does the end.
 */
static void test_waiting_within(struct tls_client *client)
{
    struct pair pair;
    struct tls *tls;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    pair.server.sated = true;
    (void)wire_put(&pair.client.wire, SPAN("a record of a length of its own"));
    wire_update(&pair.client.wire);
    say_much(&pair.client, 40000);
    pair.client.finishes = true;
    end_advance(&pair.client);
    run(&pair);
    tls = pair.server.wire.carrier;
    CHECK(mbedtls_ssl_get_bytes_avail(&tls->ssl) > 0 && !pair.server.wire.eof);
    pair.server.sated = false;
    end_advance(&pair.server);
    run(&pair);
    CHECK(pair.server.heard.len == 40031 && pair.server.wire.eof);
    pair_free(&pair);
}

/* Paused: not even the end is noticed, and nothing is lost. */
static void test_paused(struct tls_client *client)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    pair.server.wire.paused = true;
    end_advance(&pair.server);
    CHECK(!pair.server.reading);
    pair.client.finishes = true;
    end_say(&pair.client, SPAN("QUIT\r\n"));
    run(&pair);
    CHECK(pair.server.heard.len == 0 && !pair.server.wire.eof);
    pair.server.wire.paused = false;
    end_advance(&pair.server);
    run(&pair);
    CHECK(pair.server.heard.len == 6 && pair.server.wire.eof);
    pair_free(&pair);
}

/* One write for what is put at once, as long as it fits. */
static void test_writes(struct tls_client *client)
{
    struct pair pair;
    unsigned before;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    before = pair.client.writes;
    say_much(&pair.client, 30000);
    end_advance(&pair.client);
    CHECK(pair.client.writes == before + 1);
    run(&pair);
    CHECK(pair.server.heard.len == 30000);
    before = pair.client.writes;
    pair.client.finishes = true;
    end_say(&pair.client, SPAN("QUIT\r\n"));
    CHECK(pair.client.writes == before + 2 && pair.client.fin_sent); /* words, close_notify */
    run(&pair);
    CHECK(pair.server.wire.eof);
    pair_free(&pair);
}

/* A ticket between two words: the client's owner answers the first while the ticket is being read. */
static void test_ticket_between(void)
{
    struct tls_cache *cache = tls_cache_new();
    struct pair pair;
    mbedtls_ssl_context *ssl;

    REQUIRE(cache != NULL);
    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], cache);
    pair.client.answers = SPAN("QUIT\r\n");
    pair.client.reading = false; /* all of it arrives together */
    end_say(&pair.server, SPAN("220 hello\r\n"));
    ssl = &((struct tls *)pair.server.wire.carrier)->ssl;
    ssl->MBEDTLS_PRIVATE(out_msgtype) =
        MBEDTLS_SSL_MSG_HANDSHAKE; /* of 24 octets, lives an hour, nonce, ticket */
    ssl->MBEDTLS_PRIVATE(out_msglen) = 24;
    memcpy(ssl->MBEDTLS_PRIVATE(out_msg), "\4\0\0\x14\0\0\x0e\x10\0\0\0\1\1n\0\6ticket\0", 24);
    REQUIRE(mbedtls_ssl_write_record(ssl, 1) == 0);
    end_say(&pair.server, SPAN("250 ok\r\n"));
    pair.client.reading = true;
    run(&pair);
    CHECK_SPAN(lab_bytes_from(&pair.client.heard, 0), SPAN("220 hello\r\n250 ok\r\n"));
    CHECK(pair.client.stage == TLS_UP && pair.client.wire.error == 0);
    CHECK(pair.server.heard.len >= 6 && memcmp(pair.server.heard.ptr, "QUIT\r\n", 6) == 0);
    pair_free(&pair);
    tls_cache_free(cache);
}

/* --- threads */

static void *worker(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 30; i++) {
        struct tls_cache *cache = tls_cache_new();
        struct pair pair;
        for (unsigned again = 0; again < 2; again++) {
            pair_init(&pair, (struct manner){0, 0});
            say_much(&pair.client, 10000);
            say_much(&pair.server, 10000);
            pair_shake(&pair, server, clients[i % 2], cache);
            CHECK(pair.server.heard.len == 10000 && pair.client.heard.len == 10000);
            pair_free(&pair);
        }
        tls_cache_free(cache);
    }
    return NULL;
}

/* Workers share the credentials and nothing else. */
static void test_threads(void)
{
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    for (size_t i = 0; i < 4; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
    server = server_new(TLS_ASK_NONE);
    clients[0] = client_new(&policy_12, true, false);
    only_12(clients[0]);
    clients[1] = client_new(&policy_13, true, false);
    for (size_t v = 0; v < 2; v++) {
        test_pressure(clients[v]);
        test_pressure_back(clients[v]);
        test_waiting_within(clients[v]);
        test_paused(clients[v]);
        test_writes(clients[v]);
    }
    test_ticket_between();
    test_threads();
    tls_client_unref(clients[0]);
    tls_client_unref(clients[1]);
    tls_server_unref(server);
    return test_end("tls_flow");
}
