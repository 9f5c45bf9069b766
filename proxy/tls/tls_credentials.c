/* tls_credentials.c: what server and client have in common: a config that keeps to the policy, and its
 * replacement while others use it. Certificates are left to tls_server.c and tls_client.c. */
#include "tls/tls_credentials.h"

#include "tls/tls_policy_apply.h"
#include "tls/tls_random.h"

bool tls_credentials_begin(struct tls_credentials *credentials, int endpoint, const struct tls_policy *policy,
                           void (*release)(struct tls_credentials *credentials))
{
    mbedtls_ssl_config *config = &credentials->config;

    credentials->release = release;
    atomic_init(&credentials->references, 1);
    mbedtls_ssl_config_init(config);
    if (mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        return false;
    mbedtls_ssl_conf_rng(config, tls_random, NULL);
    tls_policy_apply(policy, credentials);
    return true;
}

void tls_credentials_end(struct tls_credentials *credentials)
{
    mbedtls_ssl_config_free(&credentials->config);
}

void tls_credentials_unref(struct tls_credentials *credentials)
{
    if (atomic_fetch_sub(&credentials->references, 1) == 1)
        credentials->release(credentials);
}

void tls_seat_init(struct tls_seat *seat)
{
    (void)pthread_mutex_init(&seat->lock, NULL);
    seat->now = NULL;
}

void tls_seat_clear(struct tls_seat *seat)
{
    if (seat->now != NULL)
        tls_credentials_unref(seat->now);
    (void)pthread_mutex_destroy(&seat->lock);
}

struct tls_credentials *tls_seat_take(struct tls_seat *seat)
{
    struct tls_credentials *now;

    (void)pthread_mutex_lock(&seat->lock);
    now = seat->now;
    atomic_fetch_add(&now->references, 1);
    (void)pthread_mutex_unlock(&seat->lock);
    return now;
}

void tls_seat_give(struct tls_seat *seat, struct tls_credentials *credentials)
{
    struct tls_credentials *old;

    (void)pthread_mutex_lock(&seat->lock);
    old = seat->now;
    seat->now = credentials;
    (void)pthread_mutex_unlock(&seat->lock);
    if (old != NULL)
        tls_credentials_unref(old);
}
