/* lab_tls_keys.h: who the test's ends of connections are in TLS: clients and servers, each made once from the
 * certificates of tests/tools/certificates. Connections are left to lab_tls.c. */
#ifndef LAB_TLS_KEYS_H
#define LAB_TLS_KEYS_H

#include "tls/tls_client.h"
#include "tls/tls_server.h"

/* What may be said of one; all zero: the usual. */
struct lab_tls_terms {
    const char *name;        /* a client asks for it; NULL: none */
    const char *certificate; /* "rsa", "expired", …; NULL: none for a client, "ecdsa" for a server */
    bool old;                /* TLS 1.2 at most */
    bool asks;               /* a server asks for a certificate */
    bool refuses;            /* a client refuses what ca.pem does not vouch for */
};

/* Where the certificates are. */
const char *lab_tls_folder(void);
/* Kept for others who want the same, until lab_tls_keys_free(). NULL: it cannot be had, which has been said.
 */
struct tls_client *lab_tls_client(const struct lab_tls_terms *terms);
struct tls_server *lab_tls_server(const struct lab_tls_terms *terms);
void lab_tls_keys_free(void);

#endif
