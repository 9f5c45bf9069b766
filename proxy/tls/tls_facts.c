/* tls_facts.c: what is known of a connection and of its peer. Whether the peer is believed is left to
 * tls_step.c and tls_client.c. */
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/x509_crt.h>

#include <assert.h>

#include "base/mem.h"
#include "base/text.h"
#include "tls/tls_fingerprint.h"
#include "tls/tls_private.h"

static void print_name(char *to, const mbedtls_x509_name *name)
{
    char words[2 * TLS_NAME_OCTETS];
    struct text text = {to, 0, TLS_NAME_OCTETS - 1, false};
    int len = mbedtls_x509_dn_gets(words, sizeof(words), name);

    if (len > 0)
        text_add_safe(&text, span_first(span_of(words, (size_t)len), text.size), false);
    to[text.len] = '\0';
}

bool tls_keep_peer(struct tls *tls)
{
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&tls->ssl);
    struct tls_fingerprint fingerprint;

    if (certificate == NULL)
        return true;
    if (tls->peer == NULL)
        tls->peer = mem_alloc(sizeof(*tls->peer));
    if (tls->peer == NULL || !tls_fingerprint_of(certificate, &fingerprint))
        return false;
    tls_fingerprint_print(&fingerprint, tls->peer->fingerprint);
    print_name(tls->peer->subject, &certificate->subject);
    print_name(tls->peer->issuer, &certificate->issuer);
    return true;
}

/* The name IANA has for a suite differs from mbedTLS's in the dashes and in the "1-3" of TLS 1.3's. */
static const char *name_of_suite(struct tls *tls)
{
    static const char modern[] = "TLS1-3-";
    const char *name = mbedtls_ssl_get_ciphersuite(&tls->ssl);
    struct text text = {tls->cipher, 0, sizeof(tls->cipher) - 1, false};

    if (strncmp(name, modern, sizeof(modern) - 1) == 0) {
        text_add(&text, SPAN("TLS_"));
        name += sizeof(modern) - 1;
    }
    for (; *name != '\0'; name++)
        text_add(&text, *name == '-' ? SPAN("_") : span_of(name, 1));
    tls->cipher[text.len] = '\0';
    return tls->cipher;
}

static struct span printed(const char *name)
{
    return span_of(name, strlen(name));
}

void tls_facts(const struct wire *wire, struct tls_facts *out)
{
    struct tls *tls = wire->carrier;
    const mbedtls_ssl_ciphersuite_t *suite;

    assert(tls_stage(wire) == TLS_UP);
    suite = mbedtls_ssl_ciphersuite_from_id(mbedtls_ssl_get_ciphersuite_id_from_ssl(&tls->ssl));
    *out = (struct tls_facts){
        .version = mbedtls_ssl_get_version(&tls->ssl),
        .cipher = name_of_suite(tls),
        .bits = suite != NULL ? (unsigned)mbedtls_ssl_ciphersuite_get_cipher_key_bitlen(suite) : 0,
        .resumed = !tls->certified,
        .name = printed(tls->name),
        .verified = tls->verified,
    };
    if (tls->peer != NULL) {
        out->subject = printed(tls->peer->subject);
        out->issuer = printed(tls->peer->issuer);
        memcpy(out->fingerprint, tls->peer->fingerprint, sizeof(out->fingerprint));
    }
}
