/* Whom a client believes, and in which words it does not. */
#include "tls/tls_client.h"

#include "tls/tls_fingerprint.h"
#include "tls_pair.h"

#define AT TEST_CERTIFICATES "/"

static const struct tls_policy policy = PAIR_POLICY;

static struct tls_server *server_new(const char *name, int ask)
{
    static char chain[512], key[512];
    static struct tls_certificate_files files;
    const struct tls_server_terms terms = {.certificates = &files,
                                           .count = 1,
                                           .policy = &policy,
                                           .tickets = true,
                                           .ask = ask,
                                           .client_ca = AT "ca.pem"};
    struct tls_server *server;

    (void)snprintf(chain, sizeof(chain), AT "%s.pem", name);
    (void)snprintf(key, sizeof(key), AT "%s.key", name);
    files = (struct tls_certificate_files){.chain = chain, .key = key};
    server = tls_server_new(&terms, &pair_complaints);
    REQUIRE(server != NULL);
    return server;
}

/* After the handshake, which succeeds. */
static struct pair *meet(struct tls_server *server, struct tls_client *client, bool old)
{
    struct pair *pair = pair_new(tls_server_credentials(server), tls_client_credentials(client));

    if (old)
        mbedtls_ssl_conf_max_tls_version(&pair->server_credentials->config, MBEDTLS_SSL_VERSION_TLS1_2);
    REQUIRE(tls_client_prepare(client, &pair->client) == 0);
    REQUIRE(pair_shake(pair));
    return pair;
}

static const char *fingerprint_of(const char *path)
{
    static char text[7 + 2 * TLS_FINGERPRINT_OCTETS + 1] = "sha256:";
    struct tls_fingerprint fingerprint;
    mbedtls_x509_crt certificate;

    mbedtls_x509_crt_init(&certificate);
    REQUIRE(mbedtls_x509_crt_parse_file(&certificate, path) == 0);
    REQUIRE(tls_fingerprint_of(&certificate, &fingerprint));
    tls_fingerprint_print(&fingerprint, text + 7);
    mbedtls_x509_crt_free(&certificate);
    return text;
}

#define ZEROES "0000000000000000000000000000000000000000000000000000000000000000"

static void test_judge(void)
{
    const char *pins[] = {"sha256:" ZEROES, fingerprint_of(AT "stranger.pem")}; /* the others are no pins */
    const struct {
        const char *shown, *name, *ca;
        size_t pins;
        bool good, verified;
        const char *why; /* begins so */
    } cases[] = {
        {"ecdsa", "mail.example.org", AT "ca.pem", 0, true, true, ""},
        {"rsa", "a.mail.example.org", AT "ca.pem", 0, true, true, ""},
        {"proxy", "proxy.example", AT "ca.pem", 0, true, true, ""},
        {"stranger", "mail.example.org", AT "stranger.pem", 0, true, true, ""},
        {"ecdsa", "mx.example.com", AT "ca.pem", 0, false, false,
         "its certificate is for mail.example.org, not mx.example.com"},
        {"ecdsa", "a.b.mail.example.org", AT "ca.pem", 0, false, false,
         "its certificate is for mail.example.org, not a.b.mail.example.org"},
        {"ecdsa", "mail.example.org", AT "stranger.pem", 0, false, false,
         "its certificate is signed by no authority that is trusted"},
        {"stranger", "mail.example.org", AT "ca.pem", 0, false, false,
         "its certificate is signed by itself, not by an authority that is trusted"},
        {"expired", "mail.example.org", AT "ca.pem", 0, false, false,
         "its certificate expired on 2021-01-01"},
        {"early", "mail.example.org", AT "ca.pem", 0, false, false,
         "its certificate is not valid before 2090-01-01"},
        {"stranger", "mx.example.com", NULL, 2, true, true, ""},
        {"stranger", NULL, NULL, 2, true, true, ""},
        {"ecdsa", "mail.example.org", AT "ca.pem", 2, false, false, "its certificate's fingerprint sha256:"},
        {"stranger", NULL, NULL, 1, false, false, "its certificate's fingerprint sha256:"},
        {"expired", "mx.example.com", NULL, 0, true, false, ""},
        {"stranger", NULL, NULL, 0, true, false, ""},
    };

    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
        const struct tls_client_terms terms = {.name = cases[i / 2].name,
                                               .verify = cases[i / 2].ca != NULL,
                                               .fingerprints = {pins, cases[i / 2].pins, NULL},
                                               .ca = cases[i / 2].ca,
                                               .policy = &policy};
        struct tls_server *server = server_new(cases[i / 2].shown, TLS_ASK_NONE);
        struct tls_client *client = tls_client_new(&terms, &pair_complaints);
        const char *why = NULL;
        struct pair *pair;
        bool verified = false;
        int rc;
        REQUIRE(client != NULL);
        pair = meet(server, client, i % 2 == 0);
        rc = tls_client_judge(client, &pair->client, &verified, &why);
        CHECK((rc == 0) == cases[i / 2].good && verified == cases[i / 2].verified);
        if (rc != 0)
            CHECK_SPAN(span_first(span_str(why), strlen(cases[i / 2].why)), span_str(cases[i / 2].why));
        CHECK_SPAN(span_str(pair->server.name), span_str(terms.name != NULL ? terms.name : ""));
        pair_free(pair);
        tls_client_unref(client);
        tls_server_unref(server);
    }
}

/* Our own certificate is shown to a server that asks, and to no other. */
static void test_own(void)
{
    const struct tls_client_terms terms = {
        .policy = &policy, .chain = AT "client.pem", .key = AT "client.key"};
    struct tls_client *client = tls_client_new(&terms, &pair_complaints);

    REQUIRE(client != NULL);
    for (int i = 0; i < 4; i++) {
        bool asks = i % 2 == 0;
        struct tls_server *server = server_new("ecdsa", asks ? TLS_ASK_REQUIRE : TLS_ASK_NONE);
        struct pair *pair = meet(server, client, i < 2);
        CHECK((mbedtls_ssl_get_peer_cert(&pair->server.ssl) != NULL) == asks);
        CHECK(mbedtls_ssl_get_alpn_protocol(&pair->server.ssl) == NULL);
        pair_free(pair);
        tls_server_unref(server);
    }
    tls_client_unref(client);
}

static void test_complaints(void)
{
    const char *pins[] = {"sha256:" ZEROES, "sha256:12", "md5:" ZEROES};
    const struct {
        struct tls_client_terms terms;
        const char *said;
    } cases[] = {
        {{.verify = true, .name = "a.example"}, "ca[0]: is missing; allowed: the authorities to trust\n"},
        {{.verify = true, .name = "a.example", .ca = AT "none.pem"},
         "ca[0]: " AT "none.pem cannot be read: No such file or directory\n"},
        {{.chain = AT "client.pem", .key = AT "ecdsa.key"}, "key[0]: is not the key of the certificate\n"},
        {{.fingerprints = {pins, 3, NULL}},
         "fingerprints[1]: \"sha256:12\" is no fingerprint; allowed: sha256: and 64 hexadecimal digits\n"
         "fingerprints[2]: \"md5:" ZEROES
         "\" is no fingerprint; allowed: sha256: and 64 hexadecimal digits\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct tls_client_terms terms = cases[i].terms;
        terms.policy = &policy;
        pair_said[0] = '\0';
        CHECK(tls_client_new(&terms, &pair_complaints) == NULL);
        CHECK_SPAN(span_str(pair_said), span_str(cases[i].said));
    }
}

int main(void)
{
    REQUIRE(tls_library_begin());
    test_judge();
    test_own();
    test_complaints();
    return test_end("tls_client");
}
