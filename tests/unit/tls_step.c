/* tls_step.c: tests of handshakes: turns, the company a ticket leaves in, ends in the middle, memory that
 * fails, owners that close at any moment. */
#include "tls_fixture.h"

static struct tls_server *server;
static struct tls_client *clients[2]; /* TLS 1.2, TLS 1.3 */

/* --- turns */

static unsigned turns_taken;
static void (*lab_turn_take)(struct world *world, struct turn *turn);

static void counting_turn_take(struct world *world, struct turn *turn)
{
    turns_taken += !turn->taken;
    lab_turn_take(world, turn);
}

static void count_turns(struct pair *pair, struct world_ops *ops)
{
    *ops = *pair->lab.world.ops;
    lab_turn_take = ops->turn_take;
    ops->turn_take = counting_turn_take;
    pair->lab.world.ops = ops;
    turns_taken = 0;
}

/* Octets of a record that is not there whole cost no turn, however many there are. */
static void test_turns(void)
{
    unsigned whole[2];

    for (size_t v = 0; v < 2; v++) {
        for (size_t piece = 0; piece < 2; piece++) {
            struct world_ops ops;
            struct pair pair;
            pair_init(&pair, (struct manner){0, piece});
            count_turns(&pair, &ops);
            pair_shake(&pair, server, clients[v], NULL);
            CHECK(pair.server.stage == TLS_UP && pair.client.stage == TLS_UP);
            CHECK(turns_taken >= 6);
            if (piece == 0)
                whole[v] = turns_taken;
            else /* one turn more for each record that used to come in company, at most */
                CHECK(turns_taken <= whole[v] + 12);
            pair_free(&pair);
        }
    }
}

/* No step of the handshake is done in the call that delivers its octets. */
static void test_no_step_without_turn(void)
{
    struct pair pair;
    unsigned writes;

    pair_init(&pair, (struct manner){0, 0});
    REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
    REQUIRE(tls_connect(&pair.client.wire, &pair.lab.world, clients[1], NULL) == 0);
    CHECK(pair.client.writes == 0);
    while (pair.client.writes == 0)
        REQUIRE(lab_step(&pair.lab));
    writes = pair.server.writes;
    while (link_deliver(&pair.server))
        ;
    CHECK(pair.server.writes == writes);
    CHECK(turns_waiting(&pair.lab.turns));
    run(&pair);
    CHECK(pair.server.stage == TLS_UP);
    pair_free(&pair);
}

/* --- what leaves when */

static void test_ticket_in_company(void)
{
    struct pair pair;
    unsigned writes;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    CHECK(pair.server.stage == TLS_UP && pair.server.writes == 1);
    CHECK(buf_len(&lowest(&pair.server)->out) > 0); /* the ticket */
    end_say(&pair.server, SPAN("250 ok\r\n"));
    CHECK(pair.server.writes == 2 && buf_len(&lowest(&pair.server)->out) == 0);
    run(&pair);
    CHECK_SPAN(lab_bytes_from(&pair.client.heard, 0), SPAN("250 ok\r\n"));
    writes = pair.server.writes;
    pair.server.finishes = true;
    end_advance(&pair.server);
    CHECK(pair.server.writes == writes + 1 && pair.server.fin_sent);
    pair_free(&pair);
}

/* The ticket does not wait for ever, and not beyond the end. */
static void test_ticket_alone(void)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    lab_pass(&pair.lab, 60000);
    CHECK(pair.server.writes == 2 && buf_len(&lowest(&pair.server)->out) == 0);
    pair_free(&pair);
    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    wire_close(&pair.server.wire, false);
    CHECK(pair.server.writes == 2 && !pair.server.aborted);
    run(&pair);
    CHECK(pair.client.wire.eof && pair.client.wire.error == 0);
    pair_free(&pair);
}

/* What was put during the handshake leaves with its last flight. */
static void test_first_words_in_company(void)
{
    for (size_t v = 0; v < 2; v++) {
        struct pair pair;
        pair_init(&pair, (struct manner){0, 0});
        lab_bytes_add(&pair.client.say, SPAN("EHLO client.example\r\n"));
        lab_bytes_add(&pair.server.say, SPAN("220 mail.example.org\r\n"));
        pair_shake(&pair, server, clients[v], NULL);
        CHECK_SPAN(lab_bytes_from(&pair.client.heard, 0), SPAN("220 mail.example.org\r\n"));
        CHECK_SPAN(lab_bytes_from(&pair.server.heard, 0), SPAN("EHLO client.example\r\n"));
        CHECK(pair.server.writes == 2);
        CHECK(pair.client.writes == (v == 0 ? 3 : 2));
        pair_free(&pair);
    }
}

/* STARTTLS: the reply that still waits leaves first, in plaintext; the ClientHello may have come already. */
static void test_after_plaintext(void)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    REQUIRE(tls_connect(&pair.client.wire, &pair.lab.world, clients[1], NULL) == 0);
    end_advance(&pair.client);
    while (lab_step(&pair.lab))
        ;
    REQUIRE(pair.client.writes == 1);
    wire_update(&pair.server.wire);
    pair.server.wire.paused = true; /* its owner reads no further than STARTTLS */
    CHECK(wire_put(&pair.server.wire, SPAN("220 go\r\n")));
    pair.client.delivered = 0;
    REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
    CHECK_SPAN(lab_bytes_from(&pair.client.flying, 0), SPAN("220 go\r\n"));
    pair.client.delivered = 8; /* the client has read it before */
    pair.server.wire.paused = false;
    run(&pair);
    CHECK(pair.server.stage == TLS_UP && pair.client.stage == TLS_UP);
    pair_free(&pair);
}

/* --- ends */

static void test_close_anywhere(void)
{
    for (size_t v = 0; v < 2; v++) {
        for (unsigned at = 1; at < 40; at++) {
            for (unsigned side = 0; side < 2; side++) {
                struct pair pair;
                pair_init(&pair, (struct manner){500, 300});
                (side == 0 ? &pair.server : &pair.client)->close_at = at;
                lab_bytes_add(&pair.client.say, SPAN("QUIT\r\n"));
                lab_bytes_add(&pair.server.say, SPAN("221 bye\r\n"));
                pair.server.finishes = pair.client.finishes = true;
                pair_shake(&pair, server, clients[v], NULL);
                CHECK(pair.server.wire.eof || pair.server.closed);
                CHECK(pair.client.wire.eof || pair.client.closed);
                pair_free(&pair);
            }
        }
    }
}

/* After every number of octets the connection is lost, orderly or not. */
static void test_lost_anywhere(void)
{
    for (size_t v = 0; v < 2; v++) {
        for (unsigned steps = 0, over = 0; !over; steps += 7) {
            struct pair pair;
            pair_init(&pair, (struct manner){40, 30});
            REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
            REQUIRE(tls_connect(&pair.client.wire, &pair.lab.world, clients[v], NULL) == 0);
            end_advance(&pair.server);
            end_advance(&pair.client);
            for (unsigned i = 0; i < steps && !over; i++)
                over = !pair_step(&pair);
            wire_close(&pair.client.wire, steps % 2 != 0);
            run(&pair);
            CHECK(pair.server.wire.eof || pair.server.wire.error != 0);
            CHECK(pair.server.stage == TLS_UP ||
                  (pair.server.stage == TLS_FAILED && pair.server.wire.error != 0 &&
                   tls_failure(&pair.server.wire)[0] != '\0'));
            pair_free(&pair);
        }
    }
}

/* --- memory */

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

/* mbedTLS 3.6 forgets a half-made transform of TLS 1.3, and the cipher in it, when there is no memory for the
 * rest of it. */
const char *__lsan_default_suppressions(void)
{
    return "leak:gcm_ctx_alloc\nleak:aes_ctx_alloc\n";
}

static bool fail_once(void *arg, size_t size)
{
    unsigned *left = arg;

    (void)size;
    return *left == 0 || --*left != 0;
}

/* Each allocation fails once: whoever is hit says so, and nothing leaks. Returns how the n-th went: not at
 * all, when there were fewer. */
static enum {
    HIT,
    MISSED,
    FAILED
} shake_without(unsigned n, struct tls_client *client, struct tls_cache *cache)
{
    struct pair pair;
    unsigned left = n;
    bool up;
    int accepted, connected;

    pair_init(&pair, (struct manner){0, 0});
    lab_bytes_add(&pair.client.say, SPAN("EHLO client.example\r\n"));
    lab_bytes_add(&pair.server.say, SPAN("220 mail.example.org\r\n"));
    mem_set_gate(fail_once, &left);
    accepted = tls_accept(&pair.server.wire, &pair.lab.world, server);
    connected = tls_connect(&pair.client.wire, &pair.lab.world, client, cache);
    if (accepted == 0 && connected == 0) {
        end_advance(&pair.server);
        end_advance(&pair.client);
        run(&pair);
        for (struct end *end = &pair.server; end != NULL; end = end == &pair.server ? &pair.client : NULL)
            CHECK(end->stage == TLS_UP ? end->heard.len > 0 || end->wire.eof || end->wire.error != 0
                                       : end->wire.error != 0 && tls_failure(&end->wire)[0] != '\0');
    } else {
        CHECK(accepted == -ENOMEM || connected == -ENOMEM);
        CHECK(tls_stage(accepted != 0 ? &pair.server.wire : &pair.client.wire) == TLS_ABSENT);
    }
    up = pair.server.stage == TLS_UP && pair.client.stage == TLS_UP;
    mem_set_gate(NULL, NULL);
    pair_free(&pair);
    if (left == 0)
        return HIT;
    return up ? MISSED : FAILED;
}

/* How many allocations there are, roughly: mbedTLS's number crunching makes thousands. */
static unsigned allocations(struct tls_client *client)
{
    unsigned n = 128;

    while (shake_without(n, client, NULL) == HIT)
        n += n / 2;
    return n;
}

/* mbedTLS 3.6 gives out a ticket although it could not compute what is to be in it: whoever offers that one
 * fails, and does not offer it again. */
static void test_memory(void)
{
    for (size_t v = 0; v < 2; v++) {
        struct tls_cache *cache = tls_cache_new();
        unsigned count = allocations(clients[v]);
        REQUIRE(cache != NULL && count > 300);
        CHECK(shake_without(count, clients[v], NULL) == MISSED);
        for (unsigned n = 1; n < count; n += 1 + count / 1000) {
            (void)shake_without(n, clients[v], NULL);
            if (shake_without(n, clients[v], cache) == FAILED)
                CHECK(shake_without(n, clients[v], cache) != FAILED);
        }
        tls_cache_free(cache);
    }
}

int main(void)
{
    server = server_new(TLS_ASK_NONE);
    clients[0] = client_new(&policy_12, true, false);
    only_12(clients[0]);
    clients[1] = client_new(&policy_13, true, false);
    test_turns();
    test_no_step_without_turn();
    test_ticket_in_company();
    test_ticket_alone();
    test_first_words_in_company();
    test_after_plaintext();
    test_close_anywhere();
    test_lost_anywhere();
    test_memory();
    tls_client_unref(clients[0]);
    tls_client_unref(clients[1]);
    tls_server_unref(server);
    return test_end("tls_step");
}
