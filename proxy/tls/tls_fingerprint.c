/* tls_fingerprint.c: fingerprints of certificates, read, made and printed; whose are good is left to
 * tls_client_judge.c. */
#include "tls/tls_fingerprint.h"

#include <mbedtls/sha256.h>

#define PREFIX "sha256:"

/* -1: none. */
static int digit(char c)
{
    c = span_lower_byte(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool tls_fingerprint_read(struct span text, struct tls_fingerprint *out)
{
    if (!span_starts_nocase(text, SPAN(PREFIX)))
        return false;
    text = span_skip(text, sizeof(PREFIX) - 1);
    for (size_t i = 0; i < TLS_FINGERPRINT_OCTETS; i++) {
        int high, low;
        if (i > 0 && text.len > 0 && text.ptr[0] == ':')
            text = span_skip(text, 1);
        if (text.len < 2 || (high = digit(text.ptr[0])) < 0 || (low = digit(text.ptr[1])) < 0)
            return false;
        out->octets[i] = (unsigned char)(high << 4 | low);
        text = span_skip(text, 2);
    }
    return text.len == 0;
}

bool tls_fingerprint_of(const mbedtls_x509_crt *certificate, struct tls_fingerprint *out)
{
    return mbedtls_sha256(certificate->raw.p, certificate->raw.len, out->octets, 0) == 0;
}

void tls_fingerprint_print(const struct tls_fingerprint *fingerprint,
                           char out[2 * TLS_FINGERPRINT_OCTETS + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < TLS_FINGERPRINT_OCTETS; i++) {
        out[2 * i] = digits[fingerprint->octets[i] >> 4];
        out[2 * i + 1] = digits[fingerprint->octets[i] & 15];
    }
    out[2 * sizeof(fingerprint->octets)] = '\0';
}
