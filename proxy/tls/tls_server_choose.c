/* tls_server_choose.c: which certificates a client may be shown, by the name it asks for (RFC 6066 3). Which
 * of several fits its algorithms is left to mbedTLS. */
#include <assert.h>

#include "tls/tls_server_private.h"

#define NAME_OCTETS_MAX 253

static bool is_harmless(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static bool is_name(struct span name)
{
    if (name.len == 0 || name.len > NAME_OCTETS_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_harmless(name.ptr[i]))
            return false;
    return true;
}

/* HostName. What is none counts as not said. In TLS 1.2 a ticket may have come before the name: then it has
 * been taken for another's. */
static int on_name(void *unused, mbedtls_ssl_context *ssl, const unsigned char *octets, size_t len)
{
    struct tls *tls = mbedtls_ssl_get_user_data_p(ssl);
    struct span name = span_of((const char *)octets, len);

    (void)unused;
    if (!is_name(name))
        return 0;
    if (tls->ticketed && !span_eq_nocase(span_str(tls->name), name))
        return -1;
    for (size_t i = 0; i < name.len; i++)
        tls->name[i] = span_lower_byte(name.ptr[i]);
    tls->name[name.len] = '\0';
    return 0;
}

static int offer(mbedtls_ssl_context *ssl, struct tls_certificate *certificate)
{
    return mbedtls_ssl_set_hs_own_cert(ssl, &certificate->chain, &certificate->key);
}

/* All that serve the name exactly, or else all that do by a wildcard. *count: how many. */
static int offer_fitting(mbedtls_ssl_context *ssl, const struct tls_server_credentials *credentials,
                         enum tls_fit fit, size_t *count)
{
    const struct tls *tls = mbedtls_ssl_get_user_data_p(ssl);
    struct span name = span_str(tls->name);
    int rc = 0;

    for (size_t i = 0; i < credentials->count && rc == 0; i++) {
        if (tls_certificate_serves(&credentials->certificates[i], name) != fit)
            continue;
        rc = offer(ssl, &credentials->certificates[i]);
        (*count)++;
    }
    return rc;
}

/* The first and those for a name of its own, which are the same in another algorithm. */
static int offer_first(mbedtls_ssl_context *ssl, const struct tls_server_credentials *credentials)
{
    int rc = offer(ssl, &credentials->certificates[0]);

    for (size_t i = 1; i < credentials->count && rc == 0; i++)
        if (tls_certificate_akin(&credentials->certificates[0], &credentials->certificates[i]))
            rc = offer(ssl, &credentials->certificates[i]);
    return rc;
}

/* After a HelloRetryRequest this is asked again. */
static int on_choice(mbedtls_ssl_context *ssl)
{
    const mbedtls_ssl_config *config = mbedtls_ssl_context_get_config(ssl);
    const struct tls_server_credentials *credentials = mbedtls_ssl_conf_get_user_data_p((void *)config);
    size_t count = 0;
    int rc = mbedtls_ssl_set_hs_own_cert(ssl, NULL, NULL);

    if (rc == 0)
        rc = offer_fitting(ssl, credentials, TLS_FIT_EXACT, &count);
    if (rc == 0 && count == 0)
        rc = offer_fitting(ssl, credentials, TLS_FIT_WILDCARD, &count);
    if (rc == 0 && count == 0)
        rc = offer_first(ssl, credentials);
    return rc;
}

void tls_server_choose(struct tls_server_credentials *credentials)
{
    assert(credentials->count > 0);
    mbedtls_ssl_conf_set_user_data_p(&credentials->base.config, credentials);
    mbedtls_ssl_conf_sni(&credentials->base.config, on_name, NULL);
    mbedtls_ssl_conf_cert_cb(&credentials->base.config, on_choice);
}
