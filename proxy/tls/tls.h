/* tls.h: TLS beneath a wire: the owner of the wire goes on reading and writing plaintext, its carrier sees
 * ciphertext. Does no I/O of its own. Certificates and policy are left to tls_server.c and tls_client.c. */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include "base/world.h"

struct tls_server;
struct tls_client;
struct tls_cache;

enum tls_stage {
    TLS_ABSENT, /* the wire is carried in plaintext */
    TLS_SHAKING,
    TLS_UP,
    TLS_FAILED /* the wire has an error, too; tls_failure() says why */
};

/* What is known of an established connection. Spans and strings live as long as it does. */
struct tls_facts {
    const char *version;  /* "TLSv1.2", "TLSv1.3" */
    const char *cipher;   /* IANA's name of the suite */
    unsigned bits;        /* of the symmetric key */
    bool resumed;         /* by a ticket */
    struct span name;     /* server_name that the client asked for (RFC 6066 3), harmless octets only */
    struct span subject;  /* of the peer's certificate; absent when it showed none */
    struct span issuer;   /* likewise */
    char fingerprint[65]; /* its SHA-256 in lower-case hexadecimal; "" when it showed none */
    bool verified; /* its chain ends at an authority we trust, and on the client's side its name fits */
};

/* Begin a handshake as server or client on an open wire with nothing in flight; what waits to be sent leaves
 * in plaintext first. Octets that have been received already are taken for the peer's (a caller to whom they
 * are an injection looks before). The connection holds its reference to `server` or `client` and the
 * credentials of this moment until the wire is closed. The wire's advance is called when the stage changes;
 * what is put meanwhile leaves after the handshake. Expensive steps are done in turns of the world (world.h),
 * never inside the call that delivers bytes. cache: of earlier sessions with this upstream, or NULL. 0, or
 * -ENOMEM: the wire is as it was. */
int tls_accept(struct wire *wire, struct world *world, struct tls_server *server);
int tls_connect(struct wire *wire, struct world *world, struct tls_client *client, struct tls_cache *cache);

enum tls_stage tls_stage(const struct wire *wire);
/* One line for the log: why the handshake or the connection failed; "" when it has not. */
const char *tls_failure(const struct wire *wire);
/* Stage TLS_UP only. */
void tls_facts(const struct wire *wire, struct tls_facts *out);

/* wire_finish() sends close_notify before FIN. An end of the peer's without close_notify ends the wire like
 * one with it (RFC 8446 6.1): whoever needs a message to be complete looks for its own end. Renegotiation is
 * refused, KeyUpdate (which mbedTLS 3.6 does not know) ends the connection, and so do 64 KiB of ciphertext
 * without an octet of plaintext. */

/* The last session with one upstream, to be resumed: one worker's, not thread-safe. Connections that use it
 * keep it beyond tls_cache_free(). NULL: no memory. */
struct tls_cache *tls_cache_new(void);
void tls_cache_free(struct tls_cache *cache);

#endif
