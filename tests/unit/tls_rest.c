/* tls_rest.c: tests of what an idle connection gives back, and that it goes on as if it had not. */
#include <sys/mman.h>
#include <unistd.h>

#include "tls_fixture.h"

static struct tls_server *server;

static struct tls *tls_of(struct end *end)
{
    REQUIRE(tls_stage(&end->wire) == TLS_UP);
    return end->wire.carrier;
}

/* Whole pages in memory of a buffer of len octets; *of: all there are. */
static size_t resident(unsigned char *buffer, size_t len, size_t *of)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
    size_t at = (page - (uintptr_t)buffer % page) % page;

    for (*of = 0; at + page <= len; at += page, ++*of) {
        unsigned char in;
        REQUIRE(mincore(buffer + at, page, &in) == 0);
        count += in & 1;
    }
    return count;
}

static size_t both(struct end *end, size_t *of)
{
    mbedtls_ssl_context *ssl = &tls_of(end)->ssl;
    size_t in_octets = MBEDTLS_SSL_IN_CONTENT_LEN, out_octets = MBEDTLS_SSL_OUT_CONTENT_LEN, in, out, in_of,
           out_of;

#if defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
    in_octets = ssl->MBEDTLS_PRIVATE(in_buf_len);
    out_octets = ssl->MBEDTLS_PRIVATE(out_buf_len);
#endif
    in = resident(ssl->MBEDTLS_PRIVATE(in_buf), in_octets, &in_of);
    out = resident(ssl->MBEDTLS_PRIVATE(out_buf), out_octets, &out_of);
    *of = in_of + out_of;
    return in + out;
}

static void talk(struct pair *pair, size_t octets)
{
    size_t before = pair->server.heard.len;
    char words[1000];

    memset(words, 'x', sizeof(words));
    for (size_t left = octets; left > 0;) {
        size_t n = left < sizeof(words) ? left : sizeof(words);
        lab_bytes_add(&pair->client.say, span_of(words, n));
        left -= n;
    }
    end_advance(&pair->client);
    run(pair);
    CHECK(pair->server.heard.len == before + octets);
    end_say(&pair->server, SPAN("250 ok\r\n"));
    run(pair);
}

static void test_rest(struct tls_client *client)
{
    struct pair pair;
    size_t of;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    for (unsigned round = 0; round < 5; round++) {
        talk(&pair, 1 + round * 8000);
        CHECK(both(&pair.server, &of) > 0 || of == 0);
        lab_pass(&pair.lab, 4000);
        talk(&pair, 1 + round * 8000);
        lab_pass(&pair.lab, 4000);
        CHECK((both(&pair.server, &of) > 0 || of == 0) && !tls_of(&pair.server)->resting);
        lab_pass(&pair.lab, 2000);
        CHECK(both(&pair.server, &of) == 0 && both(&pair.client, &of) == 0);
#if !defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
        CHECK(tls_of(&pair.server)->resting && tls_of(&pair.client)->resting);
#endif
        CHECK(lab_due(&pair.lab) == UINT64_MAX); /* who rests is not woken by a clock */
    }
    CHECK(pair.client.heard.len == sizeof("250 ok\r\n") * 10 - 10);
    pair.client.finishes = pair.server.finishes = true;
    end_advance(&pair.client);
    run(&pair);
    end_advance(&pair.server);
    run(&pair);
    CHECK(pair.server.wire.eof && pair.client.wire.eof && pair.server.wire.error == 0 &&
          pair.client.wire.error == 0);
    CHECK(pair.client.stage == TLS_UP);
    pair_free(&pair);
}

/* Who has plaintext that its owner does not want yet keeps it. */
static void test_no_rest(struct tls_client *client)
{
    struct pair pair;
    size_t of;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    pair.server.sated = true;
    for (unsigned i = 0; i < 5000; i++)
        lab_bytes_add(&pair.client.say, SPAN("0123456789abcdef"));
    (void)wire_put(&pair.client.wire, SPAN("a record of a length of its own"));
    wire_update(&pair.client.wire);
    end_advance(&pair.client);
    run(&pair);
    lab_pass(&pair.lab, 60000);
    CHECK(both(&pair.server, &of) > 0 && !tls_of(&pair.server)->resting);
    pair.server.sated = false;
    for (unsigned i = 0; i < 10; i++) {
        end_advance(&pair.server);
        run(&pair);
    }
    CHECK(pair.server.heard.len == 80031 &&
          memcmp(pair.server.heard.ptr + 31, pair.client.say.ptr, 80000) == 0);
    pair_free(&pair);
}

int main(void)
{
    struct tls_client *clients[2] = {client_new(&policy_12, true, false),
                                     client_new(&policy_13, true, false)};

    server = server_new(TLS_ASK_NONE);
    only_12(clients[0]);
    for (size_t v = 0; v < 2; v++) {
        test_rest(clients[v]);
        test_no_rest(clients[v]);
        tls_client_unref(clients[v]);
    }
    tls_server_unref(server);
    return test_end("tls_rest");
}
