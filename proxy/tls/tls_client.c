/* tls_client.c: what TLS means toward one upstream, loaded and loaded again. Judging the upstream's
 * certificate is left to tls_client_judge.c, connections to tls.c. */
#include "tls/tls_client.h"

#include "base/mem.h"
#include "tls/tls_client_private.h"

struct tls_client_credentials {
    struct tls_credentials base;
    struct tls_certificate own;
    mbedtls_x509_crt ca;
};

static void release(struct tls_credentials *base)
{
    struct tls_client_credentials *credentials = (struct tls_client_credentials *)base;

    tls_credentials_end(base);
    tls_certificate_free(&credentials->own);
    mbedtls_x509_crt_free(&credentials->ca);
    mem_free(credentials);
}

/* The handshake goes on whatever the chain is worth: tls_client_judge() says it in words. */
static bool load_ca(struct tls_client_credentials *credentials, const struct tls_client_terms *terms,
                    const struct tls_complaints *to)
{
    mbedtls_ssl_config *config = &credentials->base.config;

    if (!tls_client_verifies(terms)) {
        mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
        return true;
    }
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_ca_chain(config, &credentials->ca, NULL);
    if (terms->ca != NULL)
        return tls_authorities_load(&credentials->ca, terms->ca, "ca", to);
    tls_complain(to, 0, "ca", "is missing; allowed: the authorities to trust");
    return false;
}

static bool load_own(struct tls_client_credentials *credentials, const struct tls_client *client,
                     const struct tls_complaints *to)
{
    if (client->own.chain == NULL)
        return true;
    if (!tls_certificate_load(&credentials->own, &client->own, 0, to))
        return false;
    if (mbedtls_ssl_conf_own_cert(&credentials->base.config, &credentials->own.chain,
                                  &credentials->own.key) == 0)
        return true;
    tls_complain(to, 0, "chain", "there is not enough memory to load it");
    return false;
}

/* NULL after a complaint. */
static struct tls_credentials *load(struct tls_client *client, const struct tls_complaints *to)
{
    struct tls_client_credentials *credentials = mem_alloc(sizeof(*credentials));
    bool good;

    if (credentials == NULL) {
        tls_complain(to, 0, "ca", "there is not enough memory to load it");
        return NULL;
    }
    mbedtls_x509_crt_init(&credentials->ca);
    mbedtls_x509_crt_init(&credentials->own.chain);
    mbedtls_pk_init(&credentials->own.key);
    good = tls_credentials_begin(&credentials->base, MBEDTLS_SSL_IS_CLIENT, client->terms.policy, release);
    if (!good)
        tls_complain(to, 0, "ca", "TLS cannot be set up: there is not enough memory");
    good = load_ca(credentials, &client->terms, to) && good;
    good = load_own(credentials, client, to) && good;
    if (!good) {
        release(&credentials->base);
        return NULL;
    }
    mbedtls_ssl_conf_session_tickets(&credentials->base.config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &credentials->base.config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    return &credentials->base;
}

static bool read_pins(struct tls_client *client, const struct tls_complaints *to)
{
    const struct option_strings *texts = &client->terms.fingerprints;
    bool good = true;

    client->pins = mem_alloc((texts->count + 1) * sizeof(*client->pins));
    if (client->pins == NULL) {
        tls_complain(to, 0, "fingerprints", "there is not enough memory to load it");
        return false;
    }
    for (size_t i = 0; i < texts->count; i++) {
        if (tls_fingerprint_read(span_str(texts->items[i]), &client->pins[i]))
            continue;
        tls_complain(to, i, "fingerprints",
                     "\"%s\" is no fingerprint; allowed: sha256: and 64 hexadecimal digits", texts->items[i]);
        good = false;
    }
    return good;
}

static bool watch(struct tls_client *client, const struct tls_complaints *to)
{
    if (!tls_watch_init(&client->watch, 3)) {
        tls_complain(to, 0, "ca", "there is not enough memory to load it");
        return false;
    }
    if (tls_client_verifies(&client->terms))
        tls_watch_add(&client->watch, client->terms.ca);
    tls_watch_add(&client->watch, client->own.chain);
    tls_watch_add(&client->watch, client->own.key);
    (void)tls_watch_look(&client->watch);
    return true;
}

struct tls_client *tls_client_new(const struct tls_client_terms *terms, const struct tls_complaints *to)
{
    struct tls_client *client = mem_alloc(sizeof(*client));
    bool good;

    if (client == NULL || !tls_library_begin()) {
        mem_free(client);
        tls_complain(to, 0, "ca", "there is not enough memory to load it");
        return NULL;
    }
    atomic_init(&client->references, 1);
    client->terms = *terms;
    client->own = (struct tls_certificate_files){.chain = terms->chain, .key = terms->key};
    tls_seat_init(&client->seat);
    good = read_pins(client, to);
    if (watch(client, to) && (client->seat.now = load(client, to)) != NULL && good)
        return client;
    tls_client_unref(client);
    return NULL;
}

struct tls_client *tls_client_ref(struct tls_client *client)
{
    atomic_fetch_add(&client->references, 1);
    return client;
}

void tls_client_unref(struct tls_client *client)
{
    if (atomic_fetch_sub(&client->references, 1) != 1)
        return;
    tls_seat_clear(&client->seat);
    tls_watch_clear(&client->watch);
    mem_free(client->pins);
    mem_free(client);
}

struct tls_credentials *tls_client_credentials(struct tls_client *client)
{
    return tls_seat_take(&client->seat);
}

bool tls_client_refresh(struct tls_client *client, const struct tls_complaints *to)
{
    struct tls_credentials *credentials;

    if (!tls_watch_look(&client->watch))
        return false;
    credentials = load(client, to);
    if (credentials != NULL)
        tls_seat_give(&client->seat, credentials);
    return credentials != NULL;
}
