/* tls_cache.c: tests of sessions resumed: by ticket, for the same terms only, with the verdict they began
 * with. */
#include "tls_fixture.h"

/* One connection, with some words each way so that tickets have arrived. */
static bool connect_once(struct tls_server *server, struct tls_client *client, struct tls_cache *cache,
                         struct tls_facts *of_client, char subject[64])
{
    struct tls_facts of_server;
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    lab_bytes_add(&pair.client.say, SPAN("EHLO client.example\r\n"));
    lab_bytes_add(&pair.server.say, SPAN("220 mail.example.org\r\n"));
    pair_shake(&pair, server, client, cache);
    REQUIRE(pair.server.stage == TLS_UP && pair.client.stage == TLS_UP);
    CHECK(pair.server.heard.len == 21 && pair.client.heard.len == 22);
    tls_facts(&pair.client.wire, of_client);
    tls_facts(&pair.server.wire, &of_server);
    CHECK(of_client->resumed == of_server.resumed);
    (void)snprintf(subject, 64, "%.*s", (int)of_client->subject.len, of_client->subject.ptr);
    pair_free(&pair);
    return of_client->resumed;
}

static void test_resumed(struct tls_client *client, bool verifies)
{
    struct tls_server *server = server_new(TLS_ASK_NONE);
    struct tls_cache *cache = tls_cache_new();
    struct tls_facts first, then;
    char subject[64], again[64];

    REQUIRE(cache != NULL);
    CHECK(!connect_once(server, client, cache, &first, subject));
    for (unsigned i = 0; i < 4; i++) {
        CHECK(connect_once(server, client, cache, &then, again));
        CHECK(then.verified == verifies && first.verified == verifies);
        CHECK(strcmp(then.fingerprint, first.fingerprint) == 0 && strlen(then.fingerprint) == 64);
        CHECK(strcmp(subject, "CN=mail.example.org") == 0 && strcmp(again, subject) == 0);
        CHECK(then.bits == first.bits);
    }
    CHECK(!connect_once(server, client, NULL, &then, again));
    tls_cache_free(cache);
    tls_server_unref(server);
}

/* A session is no use to another client, nor at another server, nor without a server that knows it. */
static void test_others(void)
{
    struct tls_server *server = server_new(TLS_ASK_NONE), *other_server = server_new(TLS_ASK_NONE);
    struct tls_client *lax = client_new(&policy_13, false, false),
                      *strict = client_new(&policy_13, true, false);
    struct tls_cache *cache = tls_cache_new();
    struct tls_facts facts;
    char subject[64];

    REQUIRE(cache != NULL);
    CHECK(!connect_once(server, lax, cache, &facts, subject) && !facts.verified);
    CHECK(!connect_once(server, strict, cache, &facts, subject) && facts.verified);
    CHECK(connect_once(server, strict, cache, &facts, subject) && facts.verified);
    CHECK(!connect_once(server, lax, cache, &facts, subject) && !facts.verified);
    CHECK(connect_once(server, lax, cache, &facts, subject) && !facts.verified);
    CHECK(!connect_once(other_server, lax, cache, &facts, subject) && !facts.verified);
    CHECK(strcmp(subject, "CN=mail.example.org") == 0);
    CHECK(!connect_once(server, lax, cache, &facts, subject));
    tls_cache_free(cache);
    tls_cache_free(NULL);
    tls_client_unref(lax);
    tls_client_unref(strict);
    tls_server_unref(server);
    tls_server_unref(other_server);
}

/* The cache may outlive the client whose sessions it keeps. */
static void test_outlives(void)
{
    struct tls_server *server = server_new(TLS_ASK_NONE);
    struct tls_client *client = client_new(&policy_13, true, false), *next;
    struct tls_cache *cache = tls_cache_new();
    struct tls_facts facts;
    char subject[64];

    REQUIRE(cache != NULL);
    CHECK(!connect_once(server, client, cache, &facts, subject));
    tls_client_unref(client);
    next = client_new(&policy_13, true, false);
    CHECK(!connect_once(server, next, cache, &facts, subject));
    tls_client_unref(next);
    tls_server_unref(server);
    tls_cache_free(cache);
}

/* A ticket comes to a connection whose cache has been given up, by a reload say. */
static void test_given_up(void)
{
    struct tls_server *server = server_new(TLS_ASK_NONE);
    struct tls_client *client = client_new(&policy_13, true, false);
    struct tls_cache *cache = tls_cache_new();
    struct pair pair;

    REQUIRE(cache != NULL);
    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, cache);
    REQUIRE(pair.server.stage == TLS_UP && pair.client.stage == TLS_UP);
    tls_cache_free(cache);
    end_say(&pair.server, SPAN("220 mail.example.org\r\n"));
    run(&pair);
    CHECK(pair.client.heard.len == 22);
    pair_free(&pair);
    tls_client_unref(client);
    tls_server_unref(server);
}

int main(void)
{
    struct tls_client *old = client_new(&policy_12, true, false);
    struct tls_client *modern = client_new(&policy_13, true, false),
                      *lax = client_new(&policy_13, false, false);

    only_12(old);
    test_resumed(old, true);
    test_resumed(modern, true);
    test_resumed(lax, false);
    test_others();
    test_outlives();
    test_given_up();
    tls_client_unref(old);
    tls_client_unref(modern);
    tls_client_unref(lax);
    return test_end("tls_cache");
}
