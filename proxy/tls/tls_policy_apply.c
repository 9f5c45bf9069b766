/* tls_policy_apply.c: versions, ciphers, curves and signatures as mbedTLS wants them; the words of
 * proxy.yaml are left to tls_policy.c. */
#include "tls/tls_policy_apply.h"

#include <mbedtls/ssl_ciphersuites.h>

/* Mozilla's recommendations, version 5.7. Its intermediate list ends with DHE, which is left out: 2048 bits
 * of it cost a server several times what ECDHE does, and every client with TLS 1.2 has the latter. */
#define SUITES_13                                                                                            \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,                                    \
        MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256
static const int modern[] = {SUITES_13, 0};
static const int intermediate[] = {
    SUITES_13,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    0,
};
static const int *const suites[] = {
    [TLS_CIPHERS_INTERMEDIATE] = intermediate,
    [TLS_CIPHERS_MODERN] = modern,
};

/* In the order of tls_policy_curves. */
static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
};

/* No SHA-1. PKCS #1 1.5 comes before PSS because mbedTLS 3.6.6 as a client of TLS 1.2 offers PSS and then
 * refuses it, and servers take what comes first; TLS 1.3 knows PKCS #1 in certificates only, so there the
 * order says nothing. */
static const uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,    MBEDTLS_TLS1_3_SIG_NONE,
};

static void apply_groups(uint64_t curves, struct tls_credentials *credentials)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
        if (curves & UINT64_C(1) << i)
            credentials->groups[count++] = groups[i];
    credentials->groups[count] = MBEDTLS_SSL_IANA_TLS_GROUP_NONE;
    mbedtls_ssl_conf_groups(&credentials->config, credentials->groups);
}

void tls_policy_apply(const struct tls_policy *policy, struct tls_credentials *credentials)
{
    mbedtls_ssl_config *config = &credentials->config;
    bool old = policy->min_version == TLS_VERSION_12 && policy->ciphers != TLS_CIPHERS_MODERN;

    mbedtls_ssl_conf_min_tls_version(config, old ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_ciphersuites(config, suites[policy->ciphers]);
    mbedtls_ssl_conf_sig_algs(config, signatures);
    apply_groups(policy->curves, credentials);
    /* A ticket alone, without a key exchange, would open what was said to whoever finds the ticket's key. */
    mbedtls_ssl_conf_tls13_key_exchange_modes(config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#ifdef MBEDTLS_SSL_RENEGOTIATION
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
}
