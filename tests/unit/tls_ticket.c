/* Who may resume which session: the same listener, version and server name, and nobody who was asked for a
 * certificate. */
#include "tls/tls_ticket.h"

#include "tls/tls_credentials.h"
#include "tls_pair.h"

static const struct tls_policy policy = PAIR_POLICY;
static const struct tls_certificate_files files[] = {CERTIFICATE("ecdsa"), CERTIFICATE("proxy")};

static struct tls_server *server_new(bool tickets, int ask)
{
    const struct tls_server_terms terms = {
        .certificates = files,
        .count = 2,
        .policy = &policy,
        .tickets = tickets,
        .ask = ask,
        .client_ca = TEST_CERTIFICATES "/ca.pem",
    };
    struct tls_server *server = tls_server_new(&terms, &pair_complaints);

    REQUIRE(server != NULL);
    return server;
}

static void release(struct tls_credentials *base)
{
    tls_credentials_end(base);
    free(base);
}

static struct tls_credentials *client_new(mbedtls_ssl_protocol_version version)
{
    struct tls_credentials *client = calloc(1, sizeof(*client));

    REQUIRE(client != NULL && tls_credentials_begin(client, MBEDTLS_SSL_IS_CLIENT, &policy, release));
    mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_max_tls_version(&client->config, version);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &client->config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    return client;
}

static struct pair *meet(struct tls_server *server, mbedtls_ssl_protocol_version version, const char *name)
{
    struct pair *pair = pair_new(tls_server_credentials(server), client_new(version));

    REQUIRE(mbedtls_ssl_set_hostname(&pair->client, name) == 0);
    return pair;
}

/* A session of which the client keeps the ticket in *session; how many tickets there were by TLS 1.3. */
static unsigned begin(struct tls_server *server, mbedtls_ssl_protocol_version version, const char *name,
                      mbedtls_ssl_session *session)
{
    struct pair *pair = meet(server, version, name);
    unsigned count;

    REQUIRE(pair_shake(pair) && pair->certified);
    count = pair_tickets(pair);
    mbedtls_ssl_session_init(session);
    if (version == MBEDTLS_SSL_VERSION_TLS1_2 || count > 0)
        REQUIRE(mbedtls_ssl_get_session(&pair->client, session) == 0);
    pair_free(pair);
    return count;
}

/* Whether the session was resumed; the handshake succeeds in any case. */
static bool resume(struct tls_server *server, mbedtls_ssl_protocol_version version, const char *name,
                   const mbedtls_ssl_session *session)
{
    struct pair *pair = meet(server, version, name);
    bool resumed;

    REQUIRE(mbedtls_ssl_set_session(&pair->client, session) == 0);
    REQUIRE(pair_shake(pair));
    resumed = !pair->certified;
    CHECK(resumed == pair->server.ticketed);
    CHECK_SPAN(span_str(pair->server.name), span_str(name != NULL ? name : ""));
    pair_free(pair);
    return resumed;
}

static const mbedtls_ssl_protocol_version versions[] = {MBEDTLS_SSL_VERSION_TLS1_2,
                                                        MBEDTLS_SSL_VERSION_TLS1_3};

static void test_binding(mbedtls_ssl_protocol_version version)
{
    struct tls_server *one = server_new(true, TLS_ASK_NONE), *other = server_new(true, TLS_ASK_NONE);
    mbedtls_ssl_session session;

    CHECK(begin(one, version, "mail.example.org", &session) == (version == MBEDTLS_SSL_VERSION_TLS1_3));
    CHECK(resume(one, version, "mail.example.org", &session));
    CHECK(resume(one, version, "mail.example.org", &session));
    CHECK(!resume(other, version, "mail.example.org", &session));
    /* mbedTLS's client of TLS 1.3 keeps to this by itself */
    if (version == MBEDTLS_SSL_VERSION_TLS1_2) {
        CHECK(!resume(one, version, "proxy.example", &session));
        CHECK(!resume(one, version, "a.mail.example.org", &session));
        CHECK(!resume(one, version, NULL, &session));
    }
    mbedtls_ssl_session_free(&session);
    (void)begin(one, version, NULL, &session);
    CHECK(resume(one, version, NULL, &session));
    mbedtls_ssl_session_free(&session);
    tls_server_unref(one);
    tls_server_unref(other);
}

static void test_none(mbedtls_ssl_protocol_version version)
{
    struct tls_server *off = server_new(false, TLS_ASK_NONE), *asks = server_new(true, TLS_ASK_REQUEST);
    mbedtls_ssl_session session;

    CHECK(begin(off, version, "mail.example.org", &session) == 0);
    mbedtls_ssl_session_free(&session);
    CHECK(begin(asks, version, "mail.example.org", &session) == 0);
    mbedtls_ssl_session_free(&session);
    tls_server_unref(off);
    tls_server_unref(asks);
}

/* --- the callbacks themselves --------------------------------------------------------------------------- */

struct sealed {
    unsigned char bytes[4096];
    size_t len;
};

static void give(const mbedtls_ssl_config *config, struct tls *tls, const mbedtls_ssl_session *session,
                 struct sealed *out)
{
    uint32_t lifetime = 0;

    tls_current = tls;
    REQUIRE(config->MBEDTLS_PRIVATE(f_ticket_write)(config->MBEDTLS_PRIVATE(p_ticket), session, out->bytes,
                                                    out->bytes + sizeof(out->bytes), &out->len,
                                                    &lifetime) == 0);
    CHECK(lifetime == TLS_TICKET_SECONDS);
    tls_current = NULL;
}

static bool take(const mbedtls_ssl_config *config, struct tls *tls, struct sealed ticket)
{
    mbedtls_ssl_session session;
    bool taken;

    mbedtls_ssl_session_init(&session);
    tls_current = tls;
    tls->ticketed = false;
    taken = config->MBEDTLS_PRIVATE(f_ticket_parse)(config->MBEDTLS_PRIVATE(p_ticket), &session, ticket.bytes,
                                                    ticket.len) == 0;
    CHECK(taken == tls->ticketed);
    tls_current = NULL;
    mbedtls_ssl_session_free(&session);
    return taken;
}

/* A ticket is worth nothing when one octet of it, the name or the version is another. */
static void test_seal(void)
{
    struct tls_server *server = server_new(true, TLS_ASK_NONE);
    struct pair *pair = meet(server, MBEDTLS_SSL_VERSION_TLS1_3, "mail.example.org");
    const mbedtls_ssl_config *config = &pair->server_credentials->config;
    struct tls *tls = &pair->server;
    struct sealed ticket, broken;

    REQUIRE(pair_shake(pair) && pair_tickets(pair) == 1);
    give(config, tls, tls->ssl.MBEDTLS_PRIVATE(session), &ticket);
    CHECK(take(config, tls, ticket));
    for (size_t i = 0; i < ticket.len; i++) {
        broken = ticket;
        broken.bytes[i] ^= 1;
        CHECK(!take(config, tls, broken));
    }
    for (size_t len = 0; len < ticket.len; len += 7) {
        broken = ticket;
        broken.len = len;
        CHECK(!take(config, tls, broken));
    }
    tls->name[0] = 'n';
    CHECK(!take(config, tls, ticket));
    tls->name[0] = '\0';
    CHECK(!take(config, tls, ticket));
    memcpy(tls->name, "mail.example.org", sizeof("mail.example.org"));
    CHECK(take(config, tls, ticket));
    tls->ssl.MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_2;
    CHECK(!take(config, tls, ticket));
    pair_free(pair);
    tls_server_unref(server);
}

/* A ticket that was had without a name, and a name behind it. */
static void test_late_name(void)
{
    struct tls_server *server = server_new(true, TLS_ASK_NONE);
    struct pair *pair = meet(server, MBEDTLS_SSL_VERSION_TLS1_2, NULL);
    const mbedtls_ssl_config *config = &pair->server_credentials->config;
    static const unsigned char name[] = "mail.example.org";

    pair->server.ticketed = true;
    CHECK(config->MBEDTLS_PRIVATE(f_sni)(NULL, &pair->server.ssl, name, sizeof(name) - 1) != 0);
    pair->server.ticketed = false;
    CHECK(config->MBEDTLS_PRIVATE(f_sni)(NULL, &pair->server.ssl, name, sizeof(name) - 1) == 0);
    pair->server.ticketed = true;
    CHECK(config->MBEDTLS_PRIVATE(f_sni)(NULL, &pair->server.ssl, name, sizeof(name) - 1) == 0);
    pair_free(pair);
    tls_server_unref(server);
}

int main(void)
{
    REQUIRE(tls_library_begin());
    for (size_t i = 0; i < 2; i++) {
        test_binding(versions[i]);
        test_none(versions[i]);
    }
    test_seal();
    test_late_name();
    return test_end("tls_ticket");
}
