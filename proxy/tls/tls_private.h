/* tls_private.h: a connection and the credentials it uses, as the files of tls/ see them. Private to tls/. */
#ifndef TLS_TLS_PRIVATE_H
#define TLS_TLS_PRIVATE_H

#include <mbedtls/ssl.h>
#include <stdatomic.h>

#include "tls/tls.h"
#include "tls/tls_client.h"
#include "tls/tls_server.h"

#define TLS_NAME_OCTETS 256

/* Before anything else of mbedTLS: its memory is base/mem.h's from then on, and PSA, without which there is
 * no TLS 1.3, is begun. Once or often, by any thread. False: no memory, or no entropy. */
bool tls_library_begin(void);

/* What handshakes that begin now are given: immutable, replaced as a whole when files have changed. Embedded
 * at the head of the server's and the client's own. The callbacks in `config` get the struct tls by
 * mbedtls_ssl_get_user_data_p(), and those that get no ssl (tickets) by tls_current. */
struct tls_credentials {
    mbedtls_ssl_config config;
    atomic_uint references;
    void (*release)(struct tls_credentials *credentials); /* by the last tls_credentials_unref() */
};

/* A reference to those of this moment; thread-safe. */
struct tls_credentials *tls_server_credentials(struct tls_server *server);
struct tls_credentials *tls_client_credentials(struct tls_client *client);
void tls_credentials_unref(struct tls_credentials *credentials);

/* The client's side: prepares ssl beyond the config (server_name); after the handshake: 0 when the peer is
 * good by the terms, or a line for the log in *why and -1; *verified as in struct tls_facts. */
int tls_client_prepare(struct tls_client *client, mbedtls_ssl_context *ssl);
int tls_client_judge(struct tls_client *client, mbedtls_ssl_context *ssl, bool *verified, const char **why);

/* A connection; the carrier of the wire above it. */
struct tls {
    mbedtls_ssl_context ssl;
    struct wire under;  /* ciphertext */
    struct wire *above; /* plaintext; NULL: let go */
    struct world *world;
    struct turn turn;
    struct tls_credentials *credentials;
    struct tls_client *client; /* our side is the client's: its terms; else NULL */
    struct tls_cache *cache;
    enum tls_stage stage;
    bool wants_plaintext; /* what wire_ops.read() last said */
    bool verified;
    char name[TLS_NAME_OCTETS]; /* server_name asked for, harmless octets; set by the server's callback */
    char failure[160];
};

/* The connection for which mbedTLS is running on this thread. */
extern _Thread_local struct tls *tls_current;

#endif
