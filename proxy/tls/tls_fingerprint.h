/* tls_fingerprint.h: SHA-256 fingerprints of certificates, as proxy.yaml and openssl write them. Private to
 * tls/. */
#ifndef TLS_TLS_FINGERPRINT_H
#define TLS_TLS_FINGERPRINT_H

#include <mbedtls/x509_crt.h>

#include "postern/span.h"

#define TLS_FINGERPRINT_OCTETS 32

struct tls_fingerprint {
    unsigned char octets[TLS_FINGERPRINT_OCTETS];
};

/* Reads "sha256:" and hexadecimal digits, with a colon between the octets or none; false when it is not that.
 */
bool tls_fingerprint_read(struct span text, struct tls_fingerprint *out);
/* That of a certificate. */
bool tls_fingerprint_of(const mbedtls_x509_crt *certificate, struct tls_fingerprint *out);
/* Prints 64 lower-case digits and NUL. */
void tls_fingerprint_print(const struct tls_fingerprint *fingerprint,
                           char out[2 * TLS_FINGERPRINT_OCTETS + 1]);

#endif
