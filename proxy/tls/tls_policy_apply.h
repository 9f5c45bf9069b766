/* tls_policy_apply.h: a policy becomes part of mbedTLS's config. Private to tls/. */
#ifndef TLS_TLS_POLICY_APPLY_H
#define TLS_TLS_POLICY_APPLY_H

#include "tls/tls_private.h"

/* Versions, cipher suites, curves and signature algorithms of either side. */
void tls_policy_apply(const struct tls_policy *policy, struct tls_credentials *credentials);

#endif
