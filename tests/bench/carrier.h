/* carrier.h: the octets of one connection of the load generator or the sink, plain or encrypted with OpenSSL:
 * not the library that Postern encrypts with. What the octets say is left to client and serve. */
#ifndef BENCH_CARRIER_H
#define BENCH_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What the encrypted connections of a program have in common. */
struct secrecy {
    struct ssl_ctx_st *context;
    struct ssl_session_st *session; /* the latest that a server gave a ticket for */
    bool resume;                    /* offer it */
    size_t handshakes, resumed;     /* completed; those of them that resumed a session */
    const char *version, *cipher;   /* of the latest; NULL: there was none */
};

/* The client's side: certificates are not verified. version: "1.2", "1.3", or NULL for both; anything else
 * ends the program. */
void secrecy_client(struct secrecy *secrecy, const char *version, bool resume);

/* The server's side. file: certificate chain and key, PEM; what cannot be used ends the program. */
void secrecy_server(struct secrecy *secrecy, const char *file);

void secrecy_free(struct secrecy *secrecy);

struct carrier {
    int fd;
    struct ssl_st *ssl;      /* NULL: plain */
    struct secrecy *secrecy; /* likewise */
    bool shaking;            /* carrier_shake() is to be called, and nothing else */
};

/* What is sent and received from now on is encrypted. */
void carrier_encrypt(struct carrier *carrier, struct secrecy *secrecy);

/* Goes on with the handshake: 1 when it is complete; 0: it waits for the peer; -1 and errno: it failed, or
 * with EAGAIN the socket takes no octets now. */
int carrier_shake(struct carrier *carrier);

/* As recv(2) and send(2) on a non-blocking socket; errors of TLS are EPROTO. At most one record is received
 * at once, and none is left behind unseen: epoll tells when there is another. */
ssize_t carrier_receive(struct carrier *carrier, char *octets, size_t room);
ssize_t carrier_send(struct carrier *carrier, const char *octets, size_t length);

/* Closes, as a plain connection is closed: without close_notify. */
void carrier_close(struct carrier *carrier);

#endif
