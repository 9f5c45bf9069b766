/* tls_policy.c: the words of proxy.yaml for versions, ciphers and curves; applying them is left to
 * tls_server.c and tls_client.c. */
#include "tls/tls_policy.h"

const char *const tls_policy_versions[] = {"1.2", "1.3", NULL};            /* enum tls_version */
const char *const tls_policy_ciphers[] = {"intermediate", "modern", NULL}; /* enum tls_ciphers */
const char *const tls_policy_curves[] = {"x25519", "secp256r1", "secp384r1", NULL};
