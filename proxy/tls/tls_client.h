/* tls_client.h: what TLS means toward one upstream: whom to believe, policy. The connection itself is left to
 * tls.c. */
#ifndef TLS_TLS_CLIENT_H
#define TLS_TLS_CLIENT_H

#include "tls/tls_complaint.h"
#include "tls/tls_policy.h"

/* Everything here outlives the tls_client. */
struct tls_client_terms {
    const char *name;                   /* sent as server_name, and verified; NULL: neither */
    bool verify;                        /* the certificate must be good; else anything will do */
    struct option_strings fingerprints; /* "sha256:HEX" of certificates that are good whatever their chain;
                                           with any given, only these are */
    const char *ca;                     /* PEM file of the authorities trusted when `verify` */
    const struct tls_policy *policy;
    const char *chain, *key; /* our own certificate, shown when asked for; NULL: none */
};

struct tls_client;

/* As tls_server_new(). */
struct tls_client *tls_client_new(const struct tls_client_terms *terms, const struct tls_complaints *to);
struct tls_client *tls_client_ref(struct tls_client *client);
void tls_client_unref(struct tls_client *client);
/* As tls_server_refresh(). */
bool tls_client_refresh(struct tls_client *client, const struct tls_complaints *to);

#endif
