/* tls_server.h: what TLS means for the clients of one listener: certificates chosen by name, policy, tickets.
 * The connection itself is left to tls.c. */
#ifndef TLS_TLS_SERVER_H
#define TLS_TLS_SERVER_H

#include "postern/option.h"
#include "tls/tls_complaint.h"
#include "tls/tls_policy.h"

enum tls_ask { TLS_ASK_NONE, TLS_ASK_REQUEST, TLS_ASK_REQUIRE };

/* One row of `tls.certificates`. */
struct tls_certificate_files {
    const char *chain;           /* PEM: the certificate first, then its issuers in order */
    const char *key;             /* PEM; NULL: in the file of the chain */
    struct option_strings names; /* server names it is for; none: those in the certificate */
};

/* Everything here outlives the tls_server. */
struct tls_server_terms {
    const struct tls_certificate_files *certificates; /* the first also serves names that nothing is for */
    size_t count;
    const struct tls_policy *policy;
    int ask;               /* enum tls_ask: for a certificate of the client's */
    const char *client_ca; /* PEM file of the authorities that clients' certificates are verified against */
    bool tickets;          /* sessions may be resumed, on this listener only, by clients that are not asked */
    const char *hostname;  /* our own, which the first certificate is expected to be for; NULL: any */
};

struct tls_server;

/* Loads everything. Several certificates may serve one name (RSA and ECDSA): the client's algorithms choose.
 * NULL after at least one complaint that is not a warning. One reference. */
struct tls_server *tls_server_new(const struct tls_server_terms *terms, const struct tls_complaints *to);
/* Thread-safe. */
struct tls_server *tls_server_ref(struct tls_server *server);
void tls_server_unref(struct tls_server *server);
/* If a file has changed since it was loaded: loads all of them again, for handshakes that begin from now on;
 * what is bad is complained about and the old credentials stay. True: there are new ones. Called by one
 * thread only, while others shake hands. */
bool tls_server_refresh(struct tls_server *server, const struct tls_complaints *to);

#endif
