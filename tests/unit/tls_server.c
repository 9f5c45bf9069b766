/* Which certificate a client is shown, what is spoken with whom, and who is asked for a certificate. */
#include "tls/tls_server.h"

#include <mbedtls/ssl_ciphersuites.h>

#include "tls/tls_certificate.h"
#include "tls/tls_credentials.h"
#include "tls_pair.h"

static const struct tls_policy policy = PAIR_POLICY;
static const struct tls_policy modern = {TLS_VERSION_12, TLS_CIPHERS_MODERN, 7};
static const struct tls_policy newest = {TLS_VERSION_13, TLS_CIPHERS_INTERMEDIATE, 7};
static const struct tls_policy one_curve = {TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, 4};

/* Two kinds for mail.example.org, one for proxy.example. */
static const struct tls_certificate_files files[] = {CERTIFICATE("rsa"), CERTIFICATE("proxy"),
                                                     CERTIFICATE("ecdsa")};

static struct tls_server *server_new(struct tls_server_terms terms)
{
    struct tls_server *server;

    if (terms.certificates == NULL) {
        terms.certificates = files;
        terms.count = sizeof(files) / sizeof(*files);
    }
    if (terms.policy == NULL)
        terms.policy = &policy;
    pair_said[0] = '\0';
    server = tls_server_new(&terms, &pair_complaints);
    REQUIRE(server != NULL);
    return server;
}

/* A client of mbedTLS's own that believes everything; freed with its last reference. */
struct plain {
    struct tls_credentials base;
    struct tls_certificate own;
    bool has_own;
};

static void release(struct tls_credentials *base)
{
    struct plain *plain = (struct plain *)base;

    tls_credentials_end(base);
    if (plain->has_own)
        tls_certificate_free(&plain->own);
    free(plain);
}

/* What is out of the ordinary about a client; zeroes: nothing. */
struct manner {
    const char *name;
    mbedtls_ssl_protocol_version newest;
    const int *suites;
    const uint16_t *signatures, *groups;
    const char **protocols;
    const char *own; /* certificate to show */
};

static struct tls_credentials *client_new(const struct manner *manner)
{
    struct plain *plain = calloc(1, sizeof(*plain));
    mbedtls_ssl_config *config;

    REQUIRE(plain != NULL && tls_credentials_begin(&plain->base, MBEDTLS_SSL_IS_CLIENT, &policy, release));
    config = &plain->base.config;
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    if (manner->newest != 0)
        mbedtls_ssl_conf_max_tls_version(config, manner->newest);
    if (manner->suites != NULL)
        mbedtls_ssl_conf_ciphersuites(config, manner->suites);
    if (manner->signatures != NULL)
        mbedtls_ssl_conf_sig_algs(config, manner->signatures);
    if (manner->groups != NULL)
        mbedtls_ssl_conf_groups(config, manner->groups);
    if (manner->protocols != NULL)
        REQUIRE(mbedtls_ssl_conf_alpn_protocols(config, manner->protocols) == 0);
    if (manner->own != NULL) {
        char chain[512], key[512];
        const struct tls_certificate_files own = {.chain = chain, .key = key};
        (void)snprintf(chain, sizeof(chain), TEST_CERTIFICATES "/%s.pem", manner->own);
        (void)snprintf(key, sizeof(key), TEST_CERTIFICATES "/%s.key", manner->own);
        plain->has_own = true;
        REQUIRE(tls_certificate_load(&plain->own, &own, 0, &pair_complaints));
        REQUIRE(mbedtls_ssl_conf_own_cert(config, &plain->own.chain, &plain->own.key) == 0);
    }
    return &plain->base;
}

/* After the attempt. */
static struct pair *meet(struct tls_server *server, const struct manner *manner, bool *shaken)
{
    struct pair *pair = pair_new(tls_server_credentials(server), client_new(manner));

    REQUIRE(mbedtls_ssl_set_hostname(&pair->client, manner->name) == 0);
    *shaken = pair_shake(pair);
    return pair;
}

/* --- the certificate ------------------------------------------------------------------------------------ */

static const uint16_t rsa_only[] = {MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
static const uint16_t ecdsa_only[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
static const uint16_t rsa_first[] = {MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
                                     MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                     MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
static const int rsa_suites[] = {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 0};

static char long_name[255 + 1];

static void test_choice(void)
{
    static const struct {
        struct manner manner;
        mbedtls_pk_type_t kind;
        const char *shown; /* a name in the certificate */
        const char *known; /* what is known to have been asked for */
    } cases[] = {
        {{.name = "mail.example.org"}, MBEDTLS_PK_ECKEY, "mail.example.org", "mail.example.org"},
        {{.name = "mail.example.org", .signatures = rsa_only},
         MBEDTLS_PK_RSA,
         "mail.example.org",
         "mail.example.org"},
        {{.name = "mail.example.org", .signatures = rsa_first},
         MBEDTLS_PK_RSA,
         "mail.example.org",
         "mail.example.org"},
        {{.name = "mail.example.org", .signatures = ecdsa_only},
         MBEDTLS_PK_ECKEY,
         "mail.example.org",
         "mail.example.org"},
        {{.name = "Mail.EXAMPLE.org"}, MBEDTLS_PK_ECKEY, "mail.example.org", "mail.example.org"},
        {{.name = "a.mail.example.org"}, MBEDTLS_PK_ECKEY, "mail.example.org", "a.mail.example.org"},
        {{.name = "proxy.example"}, MBEDTLS_PK_ECKEY, "proxy.example", "proxy.example"},
        {{.name = NULL}, MBEDTLS_PK_ECKEY, "mail.example.org", ""},
        {{.name = NULL, .signatures = rsa_only}, MBEDTLS_PK_RSA, "mail.example.org", ""},
        {{.name = "other.example"}, MBEDTLS_PK_ECKEY, "mail.example.org", "other.example"},
        {{.name = "a.b.mail.example.org", .signatures = rsa_only},
         MBEDTLS_PK_RSA,
         "mail.example.org",
         "a.b.mail.example.org"},
        {{.name = "proxy.example\r\nX: y"}, MBEDTLS_PK_ECKEY, "mail.example.org", ""},
        {{.name = "proxy example"}, MBEDTLS_PK_ECKEY, "mail.example.org", ""},
        {{.name = "pr\303\266xy.example"}, MBEDTLS_PK_ECKEY, "mail.example.org", ""},
        {{.name = long_name}, MBEDTLS_PK_ECKEY, "mail.example.org", ""},
        {{.name = "proxy.example", .newest = MBEDTLS_SSL_VERSION_TLS1_2},
         MBEDTLS_PK_ECKEY,
         "proxy.example",
         "proxy.example"},
        {{.name = "mail.example.org", .newest = MBEDTLS_SSL_VERSION_TLS1_2},
         MBEDTLS_PK_ECKEY,
         "mail.example.org",
         "mail.example.org"},
        {{.newest = MBEDTLS_SSL_VERSION_TLS1_2, .suites = rsa_suites},
         MBEDTLS_PK_RSA,
         "mail.example.org",
         ""},
    };
    struct tls_server *server = server_new((struct tls_server_terms){0});

    memset(long_name, 'a', sizeof(long_name) - 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bool shaken;
        struct pair *pair = meet(server, &cases[i].manner, &shaken);
        const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&pair->client);
        char name[64] = "";
        REQUIRE(shaken && peer != NULL);
        tls_certificate_name(peer, name, sizeof(name));
        CHECK_SPAN(span_str(name), span_str(cases[i].shown));
        CHECK(mbedtls_pk_get_type(&peer->pk) == cases[i].kind);
        CHECK_SPAN(span_str(pair->server.name), span_str(cases[i].known));
        pair_free(pair);
    }
    tls_server_unref(server);
}

/* A NUL in the name, which no client library sends. */
static void test_nul(void)
{
    struct tls_server *server = server_new((struct tls_server_terms){0});
    struct pair *pair = pair_new(tls_server_credentials(server), client_new(&(struct manner){0}));
    unsigned char *at;

    REQUIRE(mbedtls_ssl_set_hostname(&pair->client, "proxy.example") == 0);
    pair_step_client(pair);
    at = memmem(pair->up.bytes, pair->up.to, "proxy.example", 13);
    REQUIRE(at != NULL);
    at[5] = '\0';
    pair_step_server(pair);
    CHECK(pair->server_error == 0);
    CHECK_SPAN(span_str(pair->server.name), SPAN(""));
    pair_free(pair);
    tls_server_unref(server);
}

/* --- what is spoken ------------------------------------------------------------------------------------- */

static const char *smtp[] = {"smtp", NULL}, *smtp_last[] = {"h2", "http/1.1", "smtp", NULL};
static const char *web[] = {"h2", "http/1.1", NULL}, *almost[] = {"SMTP", "smtps", "smt", NULL};
static const int cbc[] = {MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
                          MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256,
                          MBEDTLS_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, 0};
static const int backwards[] = {
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0};
static const uint16_t p256[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
static const uint16_t p256_first[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                      0};

#define V12 .newest = MBEDTLS_SSL_VERSION_TLS1_2

static void test_policy(void)
{
    static const struct {
        const struct tls_policy *policy;
        struct manner manner;
        int error;          /* the server's; 0: they speak */
        const char *spoken; /* suite */
    } cases[] = {
        {&policy, {0}, 0, "TLS1-3-AES-128-GCM-SHA256"},
        {&policy, {V12}, 0, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
        {&policy, {V12, .suites = backwards}, 0, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
        {&policy, {V12, .suites = rsa_suites}, 0, "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384"},
        {&policy, {V12, .suites = cbc}, MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, NULL},
        {&policy, {.groups = p256}, 0, "TLS1-3-AES-128-GCM-SHA256"},
        {&policy, {.groups = p256_first}, 0, "TLS1-3-AES-128-GCM-SHA256"},
        {&policy, {V12, .groups = p256_first}, 0, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
        {&one_curve, {.groups = p256_first}, 0, "TLS1-3-AES-128-GCM-SHA256"}, /* by HelloRetryRequest */
        {&one_curve, {.groups = p256}, MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, NULL},
        {&modern, {0}, 0, "TLS1-3-AES-128-GCM-SHA256"},
        {&modern, {V12}, MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, NULL},
        {&newest, {V12}, MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, NULL},
        {&policy, {.protocols = smtp}, 0, "TLS1-3-AES-128-GCM-SHA256"},
        {&policy, {V12, .protocols = smtp_last}, 0, "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
        {&policy, {.protocols = web}, MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, NULL},
        {&policy, {V12, .protocols = web}, MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, NULL},
        {&policy, {.protocols = almost}, MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct tls_server *server = server_new((struct tls_server_terms){.policy = cases[i].policy});
        bool shaken;
        struct pair *pair = meet(server, &cases[i].manner, &shaken);
        const char *protocol = mbedtls_ssl_get_alpn_protocol(&pair->client);
        if (pair->server_error != cases[i].error || shaken != (cases[i].error == 0)) {
            fprintf(stderr, "case %zu: -0x%x\n", i, (unsigned)-pair->server_error);
            FAIL("another end");
        }
        if (shaken) {
            CHECK_SPAN(span_str(mbedtls_ssl_get_ciphersuite(&pair->client)), span_str(cases[i].spoken));
            CHECK_SPAN(span_str(protocol), cases[i].manner.protocols != NULL ? SPAN("smtp") : span_str(NULL));
        } else if (cases[i].error == MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL) {
            CHECK(pair->client_error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
            CHECK(pair->client.MBEDTLS_PRIVATE(in_msg)[1] == MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL);
        }
        pair_free(pair);
        tls_server_unref(server);
    }
}

/* --- the client's certificate --------------------------------------------------------------------------- */

static void test_ask(void)
{
    static const struct {
        int ask;
        const char *own;
        bool spoken, shown, good;
    } cases[] = {
        {TLS_ASK_NONE, "client", true, false, false},    {TLS_ASK_REQUEST, NULL, true, false, false},
        {TLS_ASK_REQUEST, "client", true, true, true},   {TLS_ASK_REQUEST, "stranger", true, true, false},
        {TLS_ASK_REQUEST, "expired", true, true, false}, {TLS_ASK_REQUIRE, NULL, false, false, false},
        {TLS_ASK_REQUIRE, "client", true, true, true},   {TLS_ASK_REQUIRE, "stranger", false, false, false},
    };
    static const mbedtls_ssl_protocol_version versions[] = {MBEDTLS_SSL_VERSION_TLS1_2,
                                                            MBEDTLS_SSL_VERSION_TLS1_3};

    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
        const struct manner manner = {.newest = versions[i % 2], .own = cases[i / 2].own};
        struct tls_server *server = server_new((struct tls_server_terms){
            .ask = cases[i / 2].ask, .client_ca = TEST_CERTIFICATES "/ca.pem", .tickets = true});
        bool shaken;
        struct pair *pair = meet(server, &manner, &shaken);
        CHECK((pair->server_error == 0) == cases[i / 2].spoken);
        if (pair->server_error == 0) {
            bool shown = mbedtls_ssl_get_peer_cert(&pair->server.ssl) != NULL;
            CHECK(shown == cases[i / 2].shown);
            CHECK((shown && mbedtls_ssl_get_verify_result(&pair->server.ssl) == 0) == cases[i / 2].good);
            if (cases[i / 2].ask != TLS_ASK_NONE)
                CHECK(pair_tickets(pair) == 0);
        }
        pair_free(pair);
        tls_server_unref(server);
    }
}

/* Certificates without end behind the client's own: no connection, or one by a client that is not believed.
 */
static void test_long_chain(void)
{
    static const unsigned counts[] = {1, 7, 8, 20, 30, 100};

    for (size_t i = 0; i < 2 * sizeof(counts) / sizeof(*counts); i++) {
        const struct manner manner = {.newest = i % 2 == 0 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                           : MBEDTLS_SSL_VERSION_TLS1_3,
                                      .own = "stranger"};
        struct tls_server *server = server_new(
            (struct tls_server_terms){.ask = TLS_ASK_REQUEST, .client_ca = TEST_CERTIFICATES "/ca.pem"});
        struct tls_credentials *client = client_new(&manner);
        struct pair *pair = pair_new(tls_server_credentials(server), client);
        for (unsigned n = 0; n < counts[i / 2]; n++)
            REQUIRE(mbedtls_x509_crt_parse_file(&((struct plain *)client)->own.chain,
                                                TEST_CERTIFICATES "/stranger.pem") == 0);
        if (pair_shake(pair))
            CHECK(mbedtls_ssl_get_verify_result(&pair->server.ssl) != 0);
        else
            CHECK(counts[i / 2] > 8);
        pair_free(pair);
        tls_server_unref(server);
    }
}

/* --- complaints ----------------------------------------------------------------------------------------- */

static void test_complaints(void)
{
    static const struct tls_certificate_files bad[] = {CERTIFICATE("mismatched"), CERTIFICATE("rsa"),
                                                       CERTIFICATE("none")};
    struct tls_server_terms terms = {.certificates = bad, .count = 3, .policy = &policy};
    struct tls_server *server;

    pair_said[0] = '\0';
    CHECK(tls_server_new(&terms, &pair_complaints) == NULL);
    CHECK_SPAN(span_str(pair_said),
               SPAN("key[0]: is not the key of the certificate\n"
                    "chain[2]: " TEST_CERTIFICATES "/none.pem cannot be read: No such file or directory\n"
                    "key[2]: " TEST_CERTIFICATES "/none.key cannot be read: No such file or directory\n"));
    terms = (struct tls_server_terms){
        .certificates = &bad[1], .count = 1, .policy = &policy, .ask = TLS_ASK_REQUEST};
    pair_said[0] = '\0';
    CHECK(tls_server_new(&terms, &pair_complaints) == NULL);
    CHECK_SPAN(span_str(pair_said),
               SPAN("client_ca[0]: is missing; allowed: the authorities of clients' certificates\n"));

    server = server_new((struct tls_server_terms){.hostname = "mx.example.com"});
    CHECK_SPAN(span_str(pair_said),
               SPAN("chain[0]: warning: the certificate is for mail.example.org, not for mx.example.com\n"));
    tls_server_unref(server);
    server = server_new((struct tls_server_terms){.hostname = "a.mail.example.org"});
    CHECK_SPAN(span_str(pair_said), SPAN(""));
    tls_server_unref(server);
}

int main(void)
{
    REQUIRE(tls_library_begin());
    test_choice();
    test_nul();
    test_policy();
    test_ask();
    test_long_chain();
    test_complaints();
    return test_end("tls_server");
}
