/* tls_server.c: what TLS means for the clients of one listener, loaded and loaded again. The choice of a
 * certificate is left to tls_server_choose.c, connections to tls.c. */
#include "tls/tls_server.h"

#include <mbedtls/oid.h>

#include "base/mem.h"
#include "tls/tls_credentials.h"
#include "tls/tls_server_private.h"
#include "tls/tls_watch.h"

struct tls_server {
    atomic_uint references;
    struct tls_server_terms terms;
    struct tls_seat seat;
    struct tls_watch watch;
    struct tls_tickets *tickets; /* stay when certificates change: who resumes has seen a good one */
};

/* RFC 7301 3.1: a client that offers protocols, but not this one, means another kind of server. */
static const char *protocols[] = {"smtp", NULL};

static void release(struct tls_credentials *base)
{
    struct tls_server_credentials *credentials = (struct tls_server_credentials *)base;

    tls_credentials_end(base);
    for (size_t i = 0; i < credentials->count; i++)
        tls_certificate_free(&credentials->certificates[i]);
    mem_free(credentials->certificates);
    mbedtls_x509_crt_free(&credentials->client_ca);
    if (credentials->tickets != NULL)
        tls_tickets_unref(credentials->tickets);
    mem_free(credentials);
}

/* mbedTLS never shows a certificate that is meant for something else. */
static bool check_use(const mbedtls_x509_crt *certificate, size_t index, const struct tls_complaints *to)
{
    if (mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0 &&
        mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0)
        return true;
    tls_complain(to, index, "chain", "is not meant for a server; allowed: one that may sign, for serverAuth");
    return false;
}

/* Every certificate is read, so that all that is wrong is said at once. */
static bool load_certificates(struct tls_server_credentials *credentials,
                              const struct tls_server_terms *terms, const struct tls_complaints *to)
{
    bool good = true;

    credentials->certificates = mem_alloc(terms->count * sizeof(*credentials->certificates));
    if (credentials->certificates == NULL) {
        tls_complain(to, 0, "chain", "there is not enough memory to load it");
        return false;
    }
    while (credentials->count < terms->count) {
        size_t index = credentials->count++;
        struct tls_certificate *certificate = &credentials->certificates[index];
        if (!tls_certificate_load(certificate, &terms->certificates[index], index, to) ||
            !check_use(&certificate->chain, index, to))
            good = false;
    }
    return good;
}

static void check_hostname(const struct tls_server_credentials *credentials,
                           const struct tls_server_terms *terms, const struct tls_complaints *to)
{
    const struct tls_certificate *first = &credentials->certificates[0];
    char name[80];

    if (terms->hostname == NULL || first->names->count > 0 || first->chain.raw.p == NULL ||
        tls_certificate_covers(first, span_str(terms->hostname)))
        return;
    tls_certificate_name(&first->chain, name, sizeof(name));
    tls_warn(to, 0, "chain", "the certificate is for %s, not for %s", name[0] != '\0' ? name : "no name",
             terms->hostname);
}

/* Who is asked for a certificate gets no ticket: a session that is resumed in TLS 1.3 would have forgotten
 * whose it was. */
static void use_tickets(struct tls_server_credentials *credentials, struct tls_server *server)
{
    if (server->tickets == NULL) {
        mbedtls_ssl_conf_new_session_tickets(&credentials->base.config, 0);
        return;
    }
    credentials->tickets = tls_tickets_ref(server->tickets);
    mbedtls_ssl_conf_new_session_tickets(&credentials->base.config, 1);
    tls_tickets_use(credentials->tickets, &credentials->base.config);
}

static bool load_client_ca(struct tls_server_credentials *credentials, const struct tls_server_terms *terms,
                           const struct tls_complaints *to)
{
    static const int modes[] = {
        [TLS_ASK_NONE] = MBEDTLS_SSL_VERIFY_NONE,
        [TLS_ASK_REQUEST] = MBEDTLS_SSL_VERIFY_OPTIONAL,
        [TLS_ASK_REQUIRE] = MBEDTLS_SSL_VERIFY_REQUIRED,
    };

    mbedtls_ssl_conf_authmode(&credentials->base.config, modes[terms->ask]);
    if (terms->ask == TLS_ASK_NONE)
        return true;
    if (terms->client_ca == NULL) {
        tls_complain(to, 0, "client_ca", "is missing; allowed: the authorities of clients' certificates");
        return false;
    }
    mbedtls_ssl_conf_ca_chain(&credentials->base.config, &credentials->client_ca, NULL);
    return tls_authorities_load(&credentials->client_ca, terms->client_ca, "client_ca", to);
}

/* NULL after a complaint. */
static struct tls_credentials *load(struct tls_server *server, const struct tls_complaints *to)
{
    struct tls_server_credentials *credentials = mem_alloc(sizeof(*credentials));
    bool good;

    if (credentials == NULL) {
        tls_complain(to, 0, "chain", "there is not enough memory to load it");
        return NULL;
    }
    mbedtls_x509_crt_init(&credentials->client_ca);
    good = tls_credentials_begin(&credentials->base, MBEDTLS_SSL_IS_SERVER, server->terms.policy, release) &&
           mbedtls_ssl_conf_alpn_protocols(&credentials->base.config, protocols) == 0;
    if (!good)
        tls_complain(to, 0, "chain", "TLS cannot be set up: there is not enough memory");
    good = load_certificates(credentials, &server->terms, to) && good;
    good = load_client_ca(credentials, &server->terms, to) && good;
    if (credentials->count > 0)
        check_hostname(credentials, &server->terms, to);
    if (!good) {
        release(&credentials->base);
        return NULL;
    }
    use_tickets(credentials, server);
    tls_server_choose(credentials);
    return &credentials->base;
}

static bool watch(struct tls_server *server)
{
    const struct tls_server_terms *terms = &server->terms;

    if (!tls_watch_init(&server->watch, 2 * terms->count + 1))
        return false;
    for (size_t i = 0; i < terms->count; i++) {
        tls_watch_add(&server->watch, terms->certificates[i].chain);
        tls_watch_add(&server->watch, terms->certificates[i].key);
    }
    tls_watch_add(&server->watch, terms->client_ca);
    (void)tls_watch_look(&server->watch);
    return true;
}

struct tls_server *tls_server_new(const struct tls_server_terms *terms, const struct tls_complaints *to)
{
    struct tls_server *server = mem_alloc(sizeof(*server));
    bool tickets = terms->tickets && terms->ask == TLS_ASK_NONE;

    if (server == NULL || !tls_library_begin()) {
        mem_free(server);
        tls_complain(to, 0, "chain", "there is not enough memory to load it");
        return NULL;
    }
    atomic_init(&server->references, 1);
    server->terms = *terms;
    tls_seat_init(&server->seat);
    if (!watch(server) || (tickets && (server->tickets = tls_tickets_new()) == NULL))
        tls_complain(to, 0, "chain", "there is not enough memory to load it");
    else
        server->seat.now = load(server, to);
    if (server->seat.now != NULL)
        return server;
    tls_server_unref(server);
    return NULL;
}

struct tls_server *tls_server_ref(struct tls_server *server)
{
    atomic_fetch_add(&server->references, 1);
    return server;
}

void tls_server_unref(struct tls_server *server)
{
    if (atomic_fetch_sub(&server->references, 1) != 1)
        return;
    tls_seat_clear(&server->seat);
    tls_watch_clear(&server->watch);
    if (server->tickets != NULL)
        tls_tickets_unref(server->tickets);
    mem_free(server);
}

struct tls_credentials *tls_server_credentials(struct tls_server *server)
{
    return tls_seat_take(&server->seat);
}

bool tls_server_refresh(struct tls_server *server, const struct tls_complaints *to)
{
    struct tls_credentials *credentials;

    if (!tls_watch_look(&server->watch))
        return false;
    credentials = load(server, to);
    if (credentials != NULL)
        tls_seat_give(&server->seat, credentials);
    return credentials != NULL;
}
