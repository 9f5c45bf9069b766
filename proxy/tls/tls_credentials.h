/* tls_credentials.h: how the server's and the client's credentials begin, and where those in force are kept.
 * Private to tls/. */
#ifndef TLS_TLS_CREDENTIALS_H
#define TLS_TLS_CREDENTIALS_H

#include <pthread.h>

#include "tls/tls_private.h"

/* Makes a config for MBEDTLS_SSL_IS_SERVER or MBEDTLS_SSL_IS_CLIENT that keeps to the policy, with one
 * reference. False: no memory; what has been made is ended by tls_credentials_end() in any case. */
bool tls_credentials_begin(struct tls_credentials *credentials, int endpoint, const struct tls_policy *policy,
                           void (*release)(struct tls_credentials *credentials));
/* Called by release(). */
void tls_credentials_end(struct tls_credentials *credentials);

/* The credentials in force of one server or client. Embedded by value. */
struct tls_seat {
    pthread_mutex_t lock;
    struct tls_credentials *now;
};

void tls_seat_init(struct tls_seat *seat);
void tls_seat_clear(struct tls_seat *seat);
/* A reference to those in force. */
struct tls_credentials *tls_seat_take(struct tls_seat *seat);
/* Takes over the caller's reference; those before are let go. */
void tls_seat_give(struct tls_seat *seat, struct tls_credentials *credentials);

#endif
