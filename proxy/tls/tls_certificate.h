/* tls_certificate.h: a certificate with its chain and key: loading, checking, which names it is for. When it
 * is shown is left to tls_server_choose.c and tls_client.c. Private to tls/. */
#ifndef TLS_TLS_CERTIFICATE_H
#define TLS_TLS_CERTIFICATE_H

#include <mbedtls/x509_crt.h>

#include "postern/span.h"
#include "tls/tls_server.h"

/* Embedded by value. */
struct tls_certificate {
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    const struct option_strings *names; /* configured; none: those in the certificate are meant */
};

/* Reads and checks both files; `index` is for complaints. False after one that is not a warning; it is to be
 * freed in any case. */
bool tls_certificate_load(struct tls_certificate *certificate, const struct tls_certificate_files *files,
                          size_t index, const struct tls_complaints *to);
void tls_certificate_free(struct tls_certificate *certificate);

/* How a name fits a pattern: the same but for case, or "*.domain" for one label more than the domain (RFC
 * 6125 6.4.3). */
enum tls_fit { TLS_FIT_NOT, TLS_FIT_WILDCARD, TLS_FIT_EXACT };
enum tls_fit tls_name_fit(struct span pattern, struct span name);

/* How well it serves a name: by the configured names, or else by its own. */
enum tls_fit tls_certificate_serves(const struct tls_certificate *certificate, struct span name);
/* Whether the certificate itself is for a name, or for all of "*.domain". */
bool tls_certificate_covers(const struct tls_certificate *certificate, struct span name);
/* Whether they serve a name in common. */
bool tls_certificate_akin(const struct tls_certificate *a, const struct tls_certificate *b);
/* The first name in a certificate of anyone's, harmless octets only; cut to fit. */
void tls_certificate_name(const mbedtls_x509_crt *chain, char *out, size_t size);

/* Complaints about what has been read: key, chain, dates and names. As tls_certificate_load(). */
bool tls_certificate_check(const struct tls_certificate *certificate, size_t index,
                           const struct tls_complaints *to);

/* PEM file of authorities, to be freed by mbedtls_x509_crt_free(). False after a complaint about `key`. */
bool tls_authorities_load(mbedtls_x509_crt *out, const char *path, const char *key,
                          const struct tls_complaints *to);

#endif
