/* tls_policy.h: versions, ciphers and curves as proxy.yaml names them. Applying them is left to tls_server.c
 * and tls_client.c. */
#ifndef TLS_TLS_POLICY_H
#define TLS_TLS_POLICY_H

#include <stdint.h>

#include "postern/option.h"

enum tls_version { TLS_VERSION_12, TLS_VERSION_13 };
enum tls_ciphers { TLS_CIPHERS_INTERMEDIATE, TLS_CIPHERS_MODERN };

/* Embedded by value in settings. The words of proxy.yaml are in tls_policy_*; curves are offered in the fixed
 * order of that table. */
struct tls_policy {
    int min_version; /* enum tls_version */
    int ciphers;     /* enum tls_ciphers: Mozilla's lists of that name */
    uint64_t curves; /* bits of tls_policy_curves */
};

extern const char *const tls_policy_versions[]; /* "1.2", "1.3", NULL */
extern const char *const tls_policy_ciphers[];  /* "intermediate", "modern", NULL */
extern const char *const tls_policy_curves[];   /* "x25519", "secp256r1", "secp384r1", NULL */

#endif
