/* tls_facts.c: tests of what is known of a connection and of who the peer is. */
#include "tls_fixture.h"

#include <unistd.h>

static bool is_suite(const char *name)
{
    static const char *const suites[] = {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    };

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        if (strcmp(name, suites[i]) == 0)
            return true;
    return false;
}

/* By openssl. */
static void fingerprint_of(const char *file, char out[65])
{
    char command[300], line[200] = "";
    FILE *pipe;
    size_t n = 0;

    (void)snprintf(command, sizeof(command), "openssl x509 -in '%s' -noout -fingerprint -sha256", file);
    pipe = popen(command, "r"); // NOLINT(cert-env33-c)
    REQUIRE(pipe != NULL && fgets(line, sizeof(line), pipe) != NULL && pclose(pipe) == 0);
    for (const char *c = strchr(line, '=') + 1; *c != '\0' && n < 64; c++)
        if (*c != ':' && *c != '\n')
            out[n++] = span_lower_byte(*c);
    out[n] = '\0';
    REQUIRE(n == 64);
}

static void test_server_side(struct tls_client *client, const char *version, bool shows, bool asks)
{
    struct tls_server *server = server_new(asks ? TLS_ASK_REQUEST : TLS_ASK_NONE);
    struct tls_facts facts;
    struct pair pair;
    char fingerprint[65];

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    REQUIRE(pair.server.stage == TLS_UP);
    tls_facts(&pair.server.wire, &facts);
    CHECK(strcmp(facts.version, version) == 0 && is_suite(facts.cipher));
    CHECK(facts.bits == 128 || facts.bits == 256);
    CHECK(!facts.resumed);
    CHECK_SPAN(facts.name, SPAN("mail.example.org"));
    if (shows && asks) {
        fingerprint_of(TEST_CERTIFICATES "/client.pem", fingerprint);
        CHECK(facts.verified && strcmp(facts.fingerprint, fingerprint) == 0);
        CHECK_SPAN(facts.subject, SPAN("CN=client.example.org"));
        CHECK_SPAN(facts.issuer, SPAN("CN=Test Authority"));
    } else {
        CHECK(!facts.verified && facts.fingerprint[0] == '\0' && facts.subject.len == 0 &&
              facts.issuer.len == 0);
    }
    CHECK(strcmp(tls_failure(&pair.server.wire), "") == 0);
    pair_free(&pair);
    tls_server_unref(server);
}

static void test_client_side(const struct tls_policy *policy, bool verifies)
{
    struct tls_server *server = server_new(TLS_ASK_NONE);
    struct tls_client *client = client_new(policy, verifies, false);
    struct tls_facts facts;
    struct pair pair;
    char fingerprint[65];

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, client, NULL);
    REQUIRE(pair.client.stage == TLS_UP);
    tls_facts(&pair.client.wire, &facts);
    fingerprint_of(TEST_CERTIFICATES "/ecdsa.pem", fingerprint);
    CHECK(facts.verified == verifies && !facts.resumed && is_suite(facts.cipher));
    CHECK(strcmp(facts.fingerprint, fingerprint) == 0);
    CHECK_SPAN(facts.subject, SPAN("CN=mail.example.org"));
    CHECK_SPAN(facts.issuer, SPAN("CN=Test Intermediate"));
    CHECK_SPAN(facts.name, SPAN(""));
    pair_free(&pair);
    tls_client_unref(client);
    tls_server_unref(server);
}

/* A wire that TLS is not beneath, never was, or is no more. */
static void test_absent(void)
{
    struct tls_server *server = server_new(TLS_ASK_NONE);
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    CHECK(tls_stage(&pair.server.wire) == TLS_ABSENT && tls_failure(&pair.server.wire)[0] == '\0');
    REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
    CHECK(tls_stage(&pair.server.wire) == TLS_SHAKING && tls_failure(&pair.server.wire)[0] == '\0');
    wire_close(&pair.server.wire, false);
    CHECK(tls_stage(&pair.server.wire) == TLS_ABSENT && tls_failure(&pair.server.wire)[0] == '\0');
    pair_free(&pair);
    tls_server_unref(server);
}

int main(void)
{
    for (unsigned shows = 0; shows < 2; shows++) {
        struct tls_client *old = client_new(&policy_12, true, shows);
        struct tls_client *modern = client_new(&policy_12, true, shows);
        only_12(old);
        for (unsigned asks = 0; asks < 2; asks++) {
            test_server_side(old, "TLSv1.2", shows, asks);
            test_server_side(modern, "TLSv1.3", shows, asks);
        }
        tls_client_unref(old);
        tls_client_unref(modern);
    }
    test_client_side(&policy_13, true);
    test_client_side(&policy_12, false);
    test_absent();
    return test_end("tls_facts");
}
