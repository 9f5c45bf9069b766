/* tls_certificate_names.c: which server names a certificate is for. What follows from that is left to
 * others. */
#include <mbedtls/oid.h>
#include <stdio.h>

#include "tls/tls_certificate.h"

#define WILDCARD "*."

enum tls_fit tls_name_fit(struct span pattern, struct span name)
{
    const char *dot = name.len > 0 ? memchr(name.ptr, '.', name.len) : NULL;

    if (span_eq_nocase(pattern, name))
        return TLS_FIT_EXACT;
    if (dot == NULL || dot == name.ptr || !span_starts_nocase(pattern, SPAN(WILDCARD)))
        return TLS_FIT_NOT;
    return span_eq_nocase(span_skip(pattern, 1), span_skip(name, (size_t)(dot - name.ptr))) ? TLS_FIT_WILDCARD
                                                                                            : TLS_FIT_NOT;
}

static struct span octets(const mbedtls_x509_buf *buf)
{
    return span_of((const char *)buf->p, buf->len);
}

/* What is asked about each name; the best answer counts. */
typedef enum tls_fit ask_fn(const void *about, struct span name);

static enum tls_fit better(enum tls_fit a, enum tls_fit b)
{
    return a > b ? a : b;
}

/* The common name of the subject counts when there is no dNSName (RFC 6125 6.4.4). */
static enum tls_fit ask_common_names(const mbedtls_x509_crt *chain, ask_fn *ask, const void *about)
{
    enum tls_fit best = TLS_FIT_NOT;

    for (const mbedtls_x509_name *name = &chain->subject; name != NULL; name = name->next)
        if (span_eq(octets(&name->oid), SPAN(MBEDTLS_OID_AT_CN)))
            best = better(best, ask(about, octets(&name->val)));
    return best;
}

static enum tls_fit ask_own(const mbedtls_x509_crt *chain, ask_fn *ask, const void *about)
{
    enum tls_fit best = TLS_FIT_NOT;
    bool any = false;

    for (const mbedtls_x509_sequence *name = &chain->subject_alt_names; name != NULL && name->buf.p != NULL;
         name = name->next) {
        if ((name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) != MBEDTLS_X509_SAN_DNS_NAME)
            continue;
        any = true;
        best = better(best, ask(about, octets(&name->buf)));
    }
    return any ? best : ask_common_names(chain, ask, about);
}

static enum tls_fit ask_served(const struct tls_certificate *certificate, ask_fn *ask, const void *about)
{
    enum tls_fit best = TLS_FIT_NOT;

    if (certificate->names->count == 0)
        return ask_own(&certificate->chain, ask, about);
    for (size_t i = 0; i < certificate->names->count; i++)
        best = better(best, ask(about, span_str(certificate->names->items[i])));
    return best;
}

static enum tls_fit fits(const void *about, struct span name)
{
    const struct span *wanted = about;

    return tls_name_fit(name, *wanted);
}

enum tls_fit tls_certificate_serves(const struct tls_certificate *certificate, struct span name)
{
    return ask_served(certificate, fits, &name);
}

bool tls_certificate_covers(const struct tls_certificate *certificate, struct span name)
{
    return ask_own(&certificate->chain, fits, &name) != TLS_FIT_NOT;
}

static enum tls_fit is_same(const void *about, struct span name)
{
    const struct span *other = about;

    return span_eq_nocase(name, *other) ? TLS_FIT_EXACT : TLS_FIT_NOT;
}

static enum tls_fit is_served_alike(const void *about, struct span name)
{
    return ask_served(about, is_same, &name);
}

bool tls_certificate_akin(const struct tls_certificate *a, const struct tls_certificate *b)
{
    return ask_served(a, is_served_alike, b) != TLS_FIT_NOT;
}

struct naming_target {
    char *out;
    size_t size;
};

static enum tls_fit keep_first(const void *about, struct span name)
{
    const struct naming_target *target = about;

    if (target->out[0] != '\0')
        return TLS_FIT_NOT;
    (void)snprintf(target->out, target->size, "%.*s", (int)name.len, name.ptr);
    for (char *c = target->out; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            *c = '?';
    return TLS_FIT_EXACT;
}

void tls_certificate_name(const mbedtls_x509_crt *chain, char *out, size_t size)
{
    struct naming_target target = {out, size};

    out[0] = '\0';
    (void)ask_own(chain, keep_first, &target);
}
