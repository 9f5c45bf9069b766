/* tls_step.c: the handshake, a turn at a time, and what a change beneath leads to. Records are left to
 * tls_flow.c. */
#include <time.h>

#include "tls/tls_private.h"

#define TURN_NANOSECONDS 250000 /* no further step begins in a turn that has taken so long */

static void take_turn(struct tls *tls)
{
    tls->world->ops->turn_take(tls->world, &tls->turn);
}

static int64_t nanoseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* mbedTLS says so itself while a server's ticket is still to be written. */
static bool is_over(const struct tls *tls)
{
    return tls->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_HANDSHAKE_OVER;
}

/* Behind its Finished, a server's records are under the keys of the application (RFC 8446 2). mbedTLS changes
 * over when it has the client's: an alert about the client's certificate could not be read by it. */
static void change_keys(mbedtls_ssl_context *ssl)
{
    int state = ssl->MBEDTLS_PRIVATE(state);

    if (ssl->MBEDTLS_PRIVATE(tls_version) != MBEDTLS_SSL_VERSION_TLS1_3 ||
        (state != MBEDTLS_SSL_CLIENT_CERTIFICATE && state != MBEDTLS_SSL_CLIENT_FINISHED) ||
        ssl->MBEDTLS_PRIVATE(transform_out) == ssl->MBEDTLS_PRIVATE(transform_application))
        return;
    ssl->MBEDTLS_PRIVATE(transform_out) = ssl->MBEDTLS_PRIVATE(transform_application);
    memset(ssl->MBEDTLS_PRIVATE(cur_out_ctr), 0, sizeof(ssl->MBEDTLS_PRIVATE(cur_out_ctr)));
}

/* Cheap steps together; a step with a public key ends the turn. */
static int shake(struct tls *tls)
{
    int64_t until = nanoseconds() + TURN_NANOSECONDS;
    int result;

    tls_current = tls;
    do {
        if (tls->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE)
            tls->certified = true;
        if (tls->server != NULL)
            change_keys(&tls->ssl);
        result = mbedtls_ssl_handshake_step(&tls->ssl);
    } while (result == 0 && !is_over(tls) && nanoseconds() < until);
    tls_current = NULL;
    return result;
}

/* The verdict on a session resumed is that on the one it came from. */
static bool peer_is_good(struct tls *tls, const char **why)
{
    *why = "out of memory";
    if (tls->client == NULL)
        tls->verified =
            mbedtls_ssl_get_peer_cert(&tls->ssl) != NULL && mbedtls_ssl_get_verify_result(&tls->ssl) == 0;
    else if (tls->certified && tls_client_judge(tls->client, &tls->ssl, &tls->verified, why) != 0)
        return false;
    return tls_keep_peer(tls);
}

/* A server's ticket of TLS 1.3 leaves with what is said next: alone in a segment, it would make the peer's
 * acknowledgement, and with it the next segment, late. What the owner says now leaves with the last flight.
 */
static void establish(struct tls *tls)
{
    bool modern = tls->ssl.MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3;
    const char *why;

    if (!peer_is_good(tls, &why)) {
        tls_end(tls, tls_break(tls, 0, why));
        return;
    }
    tls->stage = TLS_UP;
    tls->fruitless = 0;
    tls_shed(tls);
    if (!modern)
        tls_cache_save(tls);
    tls->under.corked = modern && tls->server != NULL && buf_len(&tls->under.out) != 0;
    tls_wake(tls);
    if (tls->pinned.len != 0 || tls->owes)
        tls_write_on(tls);
    else
        tls->above->advance(tls->above->owner);
    tls_read(tls);
}

/* A flight is composed in several turns and leaves at once. */
static void step(struct tls *tls)
{
    int result = shake(tls);

    if (result == 0 && is_over(tls)) {
        establish(tls);
        return;
    }
    if (result != 0 && result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE) {
        tls_end(tls, tls_break(tls, result, NULL));
        return;
    }
    tls->under.corked = result == 0;
    tls_settle(tls);
    if (result == 0 || (result == MBEDTLS_ERR_SSL_WANT_WRITE && buf_len(&tls->under.out) == 0))
        take_turn(tls);
}

/* A write beneath that fails at once is only seen by looking. */
static void look_beneath(struct tls *tls)
{
    if (tls->above == NULL)
        return;
    tls_settle(tls);
    if (tls->under.error != 0 && tls->stage != TLS_FAILED && !tls->under.eof)
        tls_end(tls, tls->stage == TLS_SHAKING ? tls_break(tls, MBEDTLS_ERR_SSL_CONN_EOF, NULL)
                                               : tls->under.error);
}

void tls_turn(void *owner)
{
    struct tls *tls = owner;

    tls_hold(tls);
    if (tls->stage == TLS_SHAKING)
        step(tls);
    else
        tls_read(tls);
    look_beneath(tls);
    tls_release(tls);
}

void tls_advance(void *owner)
{
    struct tls *tls = owner;

    tls_hold(tls);
    if (tls->stage == TLS_SHAKING) {
        if (tls_has_input(tls) || tls->ssl.MBEDTLS_PRIVATE(out_left) != 0)
            take_turn(tls);
    } else if (tls->stage == TLS_UP) {
        tls_write_on(tls);
        tls_read(tls);
    }
    look_beneath(tls);
    tls_release(tls);
}
