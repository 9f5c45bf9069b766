/* tls_client_judge.c: whether an upstream is who it should be, and if not, why, in words for the log. */
#include <stdio.h>

#include "tls/tls_client_private.h"

static _Thread_local char line[sizeof(((struct tls *)0)->failure)];

int tls_client_prepare(struct tls_client *client, mbedtls_ssl_context *ssl)
{
    return mbedtls_ssl_set_hostname(ssl, client->terms.name);
}

static void say_trust(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    bool own = chain->issuer_raw.len == chain->subject_raw.len &&
               memcmp(chain->issuer_raw.p, chain->subject_raw.p, chain->issuer_raw.len) == 0;

    (void)terms;
    (void)snprintf(line, sizeof(line), "its certificate is signed by %s",
                   own ? "itself, not by an authority that is trusted" : "no authority that is trusted");
}

static void say_expired(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    const mbedtls_x509_crt *which = chain;

    (void)terms;
    while (which->next != NULL && !mbedtls_x509_time_is_past(&which->valid_to))
        which = which->next;
    (void)snprintf(line, sizeof(line), "%s expired on %04d-%02d-%02d",
                   which == chain ? "its certificate" : "the certificate of an issuer", which->valid_to.year,
                   which->valid_to.mon, which->valid_to.day);
}

static void say_future(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    const mbedtls_x509_crt *which = chain;

    (void)terms;
    while (which->next != NULL && !mbedtls_x509_time_is_future(&which->valid_from))
        which = which->next;
    (void)snprintf(line, sizeof(line), "%s is not valid before %04d-%02d-%02d",
                   which == chain ? "its certificate" : "the certificate of an issuer",
                   which->valid_from.year, which->valid_from.mon, which->valid_from.day);
}

static void say_name(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    char name[60];

    tls_certificate_name(chain, name, sizeof(name));
    (void)snprintf(line, sizeof(line), "its certificate is for %s, not %.60s",
                   name[0] != '\0' ? name : "no name", terms->name);
}

static void say_missing(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    (void)terms;
    (void)chain;
    (void)snprintf(line, sizeof(line), "it showed no certificate");
}

static void say_use(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    (void)terms;
    (void)chain;
    (void)snprintf(line, sizeof(line), "its certificate is not meant for a server");
}

static void say_weak(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    (void)terms;
    (void)chain;
    (void)snprintf(line, sizeof(line), "its certificate has a key or a signature that is too weak");
}

static void say_other(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain)
{
    (void)terms;
    (void)chain;
    (void)snprintf(line, sizeof(line), "its certificate cannot be verified");
}

/* The first that applies is said. */
static const struct {
    uint32_t flags;
    void (*say)(const struct tls_client_terms *terms, const mbedtls_x509_crt *chain);
} reasons[] = {
    {MBEDTLS_X509_BADCERT_MISSING, say_missing},
    {MBEDTLS_X509_BADCERT_EXPIRED, say_expired},
    {MBEDTLS_X509_BADCERT_FUTURE, say_future},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, say_trust},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, say_name},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     say_use},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY, say_weak},
    {UINT32_MAX, say_other},
};

static bool good_chain(const struct tls_client_terms *terms, mbedtls_ssl_context *ssl,
                       const mbedtls_x509_crt *chain)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(ssl);
    size_t i = 0;

    if (flags == 0)
        return true;
    while ((reasons[i].flags & flags) == 0)
        i++;
    reasons[i].say(terms, chain);
    return false;
}

static bool good_pin(const struct tls_client *client, const mbedtls_x509_crt *chain)
{
    struct tls_fingerprint actual;
    char digits[2 * TLS_FINGERPRINT_OCTETS + 1];

    if (!tls_fingerprint_of(chain, &actual)) {
        say_other(&client->terms, chain);
        return false;
    }
    for (size_t i = 0; i < client->terms.fingerprints.count; i++)
        if (memcmp(&client->pins[i], &actual, sizeof(actual)) == 0)
            return true;
    tls_fingerprint_print(&actual, digits);
    (void)snprintf(line, sizeof(line), "its certificate's fingerprint sha256:%s is not among those allowed",
                   digits);
    return false;
}

int tls_client_judge(struct tls_client *client, mbedtls_ssl_context *ssl, bool *verified, const char **why)
{
    const mbedtls_x509_crt *chain = mbedtls_ssl_get_peer_cert(ssl);
    bool pinned = client->terms.fingerprints.count > 0;

    *verified = false;
    *why = line;
    if (!pinned && !client->terms.verify)
        return 0;
    if (chain == NULL)
        say_missing(&client->terms, NULL);
    else
        *verified = pinned ? good_pin(client, chain) : good_chain(&client->terms, ssl, chain);
    return *verified ? 0 : -1;
}
