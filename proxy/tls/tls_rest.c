/* tls_rest.c: what a connection gives back when its handshake is over, and while nobody uses it. Where
 * mbedTLS's memory comes from is left to tls_memory.c. */
#include <sys/mman.h>
#include <unistd.h>

#include <mbedtls/platform.h>

#include "tls/tls_private.h"

#define REST_AFTER 5000 /* milliseconds without use */

/* Postern's own build of mbedTLS lets go of its buffers itself, at once. Of any other's, whole pages are
 * given back to the system, which are zeroes when they are used next. */
#if defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
#define HAS_PAGES false
#else
#define HAS_PAGES true
#endif

/* The octets in front of the first record of the buffer for input count the records. */
static unsigned char *records_of(struct tls *tls)
{
    return tls->ssl.MBEDTLS_PRIVATE(in_ctr);
}

static void give_back(unsigned char *buffer, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t before = (page - (uintptr_t)buffer % page) % page;

    if (before + page <= len)
        (void)madvise(buffer + before, (len - before) / page * page, MADV_DONTNEED);
}

/* Nothing is in the buffers but the count of records. */
static bool is_idle(const struct tls *tls)
{
    return mbedtls_ssl_check_pending(&tls->ssl) == 0 && tls->ssl.MBEDTLS_PRIVATE(in_left) == 0 &&
           tls->ssl.MBEDTLS_PRIVATE(badmac_seen_or_in_hsfraglen) == 0 &&
           tls->ssl.MBEDTLS_PRIVATE(out_left) == 0;
}

static void rest(struct tls *tls)
{
    if (!HAS_PAGES || !is_idle(tls))
        return;
    memcpy(tls->records, records_of(tls), sizeof(tls->records));
    give_back(tls->ssl.MBEDTLS_PRIVATE(in_buf), MBEDTLS_SSL_IN_CONTENT_LEN);
    give_back(tls->ssl.MBEDTLS_PRIVATE(out_buf), MBEDTLS_SSL_OUT_CONTENT_LEN);
    tls->resting = true;
}

/* A ticket that still waits for company leaves now, and with it a block. */
static void ring(void *owner)
{
    struct tls *tls = owner;
    uint64_t due = tls->active + REST_AFTER;

    tls->rest_due = world_now(tls->world) < due && tls->world->ops->alarm_set(tls->world, &tls->rest, due);
    if (tls->rest_due)
        return;
    tls->world->ops->alarm_clear(tls->world, &tls->rest);
    rest(tls);
    if (tls->under.corked) {
        tls->under.corked = false;
        tls_advance(tls);
    }
}

/* The alarm is set once and looks, when it rings, whether it is time yet. */
void tls_wake(struct tls *tls)
{
    if (tls->resting)
        memcpy(records_of(tls), tls->records, sizeof(tls->records));
    tls->resting = false;
    tls->active = world_now(tls->world);
    if (tls->rest_due || !(HAS_PAGES || tls->under.corked))
        return;
    tls->rest.ring = ring;
    tls->rest.owner = tls;
    tls->rest_due = tls->world->ops->alarm_set(tls->world, &tls->rest, tls->active + REST_AFTER);
}

void tls_shed(struct tls *tls)
{
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    mbedtls_ssl_session *session = tls->ssl.MBEDTLS_PRIVATE(session);

    if (session->MBEDTLS_PRIVATE(peer_cert) != NULL) {
        mbedtls_x509_crt_free(session->MBEDTLS_PRIVATE(peer_cert));
        mbedtls_free(session->MBEDTLS_PRIVATE(peer_cert));
        session->MBEDTLS_PRIVATE(peer_cert) = NULL;
    }
#endif
}
