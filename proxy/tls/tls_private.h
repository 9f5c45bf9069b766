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
    uint16_t groups[4]; /* of `config` */
    atomic_uint references;
    void (*release)(struct tls_credentials *credentials); /* by the last tls_credentials_unref() */
};

/* A reference to those of this moment; thread-safe. */
struct tls_credentials *tls_server_credentials(struct tls_server *server);
struct tls_credentials *tls_client_credentials(struct tls_client *client);
void tls_credentials_unref(struct tls_credentials *credentials);

/* The client's side: prepares ssl beyond the config (server_name); after the handshake: 0 when the peer is
 * good by the terms, or a line for the log in *why and -1, which is good until the next call on this thread;
 * *verified as in struct tls_facts, and true of one whose fingerprint is among the terms'. */
int tls_client_prepare(struct tls_client *client, mbedtls_ssl_context *ssl);
int tls_client_judge(struct tls_client *client, mbedtls_ssl_context *ssl, bool *verified, const char **why);

/* What the peer's certificate said, in harmless octets. */
struct tls_peer {
    char fingerprint[65];
    char subject[TLS_NAME_OCTETS];
    char issuer[TLS_NAME_OCTETS];
};

/* A connection; the carrier of the wire above it. */
struct tls {
    mbedtls_ssl_context ssl;
    struct wire under;  /* ciphertext */
    struct wire *above; /* plaintext; NULL: let go */
    struct world *world;
    struct turn turn;
    struct tls_credentials *credentials;
    struct tls_server *server; /* our side is the server's; else NULL */
    struct tls_client *client; /* our side is the client's: its terms; else NULL */
    struct tls_cache *cache;   /* a reference; or NULL */
    struct tls_peer *peer;     /* NULL: it showed no certificate */
    enum tls_stage stage;
    struct span pinned;   /* of the wire above: plaintext still to be encrypted */
    bool owes;            /* all is encrypted, but not all has left: the last octet is reported when it has */
    size_t fruitless;     /* octets of ciphertext since the last one of plaintext */
    unsigned held;        /* calls into the connection that are under way: it is not freed beneath them */
    bool wants_plaintext; /* what wire_ops.read() last said */
    bool ended;           /* the wire above knows that nothing more will come */
    bool certified;       /* the server's certificate was part of the handshake: nothing was resumed */
    bool verified;
    bool ticketed;              /* the client's ticket was accepted; set by the server's callback */
    bool resting;               /* the pages of both buffers have been given back; */
    bool rest_due;              /* and else are going to be, when the alarm rings */
    unsigned char records[8];   /* while resting: what the first octets of the input buffer count */
    uint64_t active;            /* when last used */
    struct alarm rest;          /* see tls_rest.c */
    char name[TLS_NAME_OCTETS]; /* server_name asked for, harmless octets; set by the server's callback */
    char cipher[64];
    char failure[160];
};

/* The connection for which mbedTLS is running on this thread. */
extern _Thread_local struct tls *tls_current;

/* --- tls.c */

/* Whatever calls the owner of the wire above, who may close it, does so between these two. */
void tls_hold(struct tls *tls);
void tls_release(struct tls *tls);
/* Sends and reads what there is to send and read beneath. */
void tls_settle(struct tls *tls);
/* The wire above has ended, for 0 or a negative errno. */
void tls_end(struct tls *tls, int error);

/* --- tls_step.c */

/* Takes what is beneath a step further: the advance of `under`, and the turn. */
void tls_advance(void *owner);
void tls_turn(void *owner);

/* --- tls_flow.c */

int tls_receive(void *owner, unsigned char *to, size_t len);
int tls_transmit(void *owner, const unsigned char *from, size_t len);
/* Encrypts and sends from s: how many octets of it, or the negative errno of tls_break(). */
long tls_write(struct tls *tls, struct span s);
/* Goes on with a write that was not taken whole. */
void tls_write_on(struct tls *tls);
/* All of the wire above is encrypted, and some of it has not left. */
bool tls_unsent(const struct tls *tls);
/* Something has come that mbedTLS can make use of. */
bool tls_has_input(const struct tls *tls);
/* Delivers plaintext as long as there is some and the wire above wants it. */
void tls_read(struct tls *tls);

/* --- tls_failure.c */

#define TLS_ERROR_FRUITLESS                                                                                  \
    (-0x10001) /* beside mbedTLS's own: octets without end and no plaintext in them                          \
                */

/* The connection has failed, for an error of mbedTLS's or, when that is 0, for what `why` says: tells the
 * peer by an alert, then FIN. The negative errno for the wire above, which does not know yet. */
int tls_break(struct tls *tls, int error, const char *why);

/* --- tls_facts.c */

/* Keeps what the peer's certificate says; without one: nothing. False: no memory. */
bool tls_keep_peer(struct tls *tls);

/* --- tls_cache.c */

/* Another reference, given up by tls_cache_free(); NULL: NULL. */
struct tls_cache *tls_cache_ref(struct tls_cache *cache);
/* Offers the session kept, if it was had by the same credentials. */
void tls_cache_offer(struct tls *tls);
/* The connection has a session that can be resumed, maybe. */
void tls_cache_save(struct tls *tls);
void tls_cache_forget(struct tls_cache *cache);

/* --- tls_rest.c */

/* The connection is used: to be called before its part of mbedTLS is. */
void tls_wake(struct tls *tls);
/* Frees what only the handshake needed. */
void tls_shed(struct tls *tls);

#endif
