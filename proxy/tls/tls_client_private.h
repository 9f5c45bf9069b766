/* tls_client_private.h: a client's terms and credentials. Private to tls_client*.c. */
#ifndef TLS_TLS_CLIENT_PRIVATE_H
#define TLS_TLS_CLIENT_PRIVATE_H

#include "tls/tls_certificate.h"
#include "tls/tls_credentials.h"
#include "tls/tls_fingerprint.h"
#include "tls/tls_watch.h"

struct tls_client {
    atomic_uint references;
    struct tls_client_terms terms;
    struct tls_certificate_files own; /* of the terms */
    struct tls_fingerprint *pins;     /* terms.fingerprints, read */
    struct tls_seat seat;
    struct tls_watch watch;
};

/* Whether the chain of the peer's certificate is looked at. */
static inline bool tls_client_verifies(const struct tls_client_terms *terms)
{
    return terms->verify && terms->fingerprints.count == 0;
}

#endif
