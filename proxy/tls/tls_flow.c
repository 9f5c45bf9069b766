/* tls_flow.c: records, between mbedTLS and the wires above and beneath. When is left to tls.c and tls_step.c.
 */
#include <assert.h>
#include <errno.h>

#include "tls/tls_private.h"

enum {
    FRUITLESS_MAX = 65536, /* octets: a handshake, or records without plaintext */
    ALERTS_ROOM = 128,     /* kept free beneath, so that alerts never wait */
    HEADER = 5,
    FRAGMENT_MAX = 16384 + 2048 /* RFC 5246 6.2.3 */
};

/* --- beneath ------------------------------------------------------------------------------------------- */

int tls_receive(void *owner, unsigned char *to, size_t len)
{
    struct tls *tls = owner;
    struct span s = span_first(buf_data(&tls->under.in), len);

    if (s.len == 0)
        return tls->under.eof ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
    if (tls->fruitless > FRUITLESS_MAX)
        return TLS_ERROR_FRUITLESS;
    assert(s.ptr != NULL);
    memcpy(to, s.ptr, s.len);
    buf_consume(&tls->under.in, s.len);
    tls->fruitless += s.len;
    return (int)s.len;
}

/* mbedTLS answers what it cannot read by an alert of its own, be it behind our close_notify: then nobody
 * hears it any more. */
int tls_transmit(void *owner, const unsigned char *from, size_t len)
{
    struct tls *tls = owner;
    struct span s = span_first(span_of((const char *)from, len), wire_put_room(&tls->under));

    if (tls->under.finishing)
        return (int)len;
    if (s.len == 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    return wire_put(&tls->under, s) ? (int)s.len : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

/* A record (RFC 8446 5.1) is worth a call when it is there whole, or cannot become so: what has come is the
 * rest of one, fills the buffer, or is no record at all. */
static bool record_waits(const struct tls *tls)
{
    struct span s = buf_data(&tls->under.in);
    const unsigned char *octets = (const unsigned char *)s.ptr;
    size_t len;

    if (s.len == 0)
        return false;
    if (tls->ssl.MBEDTLS_PRIVATE(in_left) != 0 || buf_room(&tls->under.in) == 0 ||
        octets[0] < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || octets[0] > MBEDTLS_SSL_MSG_APPLICATION_DATA)
        return true;
    if (s.len < HEADER)
        return false;
    len = (size_t)octets[3] << 8 | octets[4];
    return s.len >= HEADER + len || len > FRAGMENT_MAX;
}

bool tls_has_input(const struct tls *tls)
{
    return !tls->ended && (mbedtls_ssl_check_pending(&tls->ssl) != 0 || tls->under.eof || record_waits(tls));
}

/* --- plaintext to be sent ------------------------------------------------------------------------------- */

/* Whole records only: none begins that does not fit beneath, so that none is ever left over in mbedTLS. While
 * a write is in flight, none is made smaller than it would be behind it. */
static int encrypt(struct tls *tls, struct span s, size_t *taken)
{
    size_t overhead = ALERTS_ROOM + (size_t)mbedtls_ssl_get_record_expansion(&tls->ssl);

    while (s.len > 0) {
        size_t room = wire_put_room(&tls->under);
        struct span part = span_first(s, room > overhead ? room - overhead : 0);
        int n;

        if (part.len == 0 || (part.len < s.len && tls->under.in_flight != 0))
            return 0;
        n = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)part.ptr, part.len);
        if (n < 0)
            return n;
        *taken += (size_t)n;
        s = span_skip(s, (size_t)n);
    }
    return 0;
}

long tls_write(struct tls *tls, struct span s)
{
    size_t taken = 0;

    tls_wake(tls);
    tls->under.corked = false;
    do {
        int error = encrypt(tls, span_skip(s, taken), &taken);
        if (error != 0)
            return tls_break(tls, error, NULL);
        tls_settle(tls);
        if (tls->under.error != 0)
            return tls->under.error;
    } while (taken < s.len && buf_len(&tls->under.out) == 0);
    return (long)taken;
}

bool tls_unsent(const struct tls *tls)
{
    return tls->pinned.len == 0 && buf_len(&tls->under.out) != 0;
}

/* The wire above hears that its octets have left when the ciphertext has: it closes on the strength of that.
 */
void tls_write_on(struct tls *tls)
{
    long n = 0;

    if (tls->pinned.len == 0 && !tls->owes)
        return;
    if (tls->pinned.len != 0)
        n = tls_write(tls, tls->pinned);
    if (n < 0) {
        tls->pinned = span_of(NULL, 0);
        tls->owes = false;
        tls_end(tls, (int)n);
        return;
    }
    tls->pinned = span_skip(tls->pinned, (size_t)n);
    tls->owes = tls_unsent(tls);
    if (tls->pinned.len == 0 && !tls->owes)
        wire_sent(tls->above, 0);
}

/* --- plaintext received --------------------------------------------------------------------------------- */

/* A ticket is read in two calls, the first of which pretends to want more. */
static bool goes_on(const struct tls *tls, int result)
{
    return result > 0 || result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
           (result == MBEDTLS_ERR_SSL_WANT_READ && mbedtls_ssl_check_pending(&tls->ssl) != 0);
}

/* Fills `to` with what several records hold. Returns what ended it: a count of octets when it is full, or an
 * error of mbedTLS's; 0: end of stream. */
static int decrypt(struct tls *tls, char *to, size_t room, size_t *filled)
{
    int n;

    tls_current = tls;
    do {
        n = mbedtls_ssl_read(&tls->ssl, (unsigned char *)to + *filled, room - *filled);
        if (n > 0) {
            *filled += (size_t)n;
            tls->fruitless = 0;
        } else if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            tls_cache_save(tls);
        }
    } while (*filled < room && goes_on(tls, n));
    tls_current = NULL;
    return n;
}

/* Octets behind close_notify are nobody's (RFC 8446 6.1). */
static void stop(struct tls *tls, int result)
{
    if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        buf_clear(&tls->under.in);
        tls_end(tls, result == 0 ? tls->under.error : 0);
    } else {
        tls_end(tls, tls_break(tls, result, NULL));
    }
}

void tls_read(struct tls *tls)
{
    while (tls->above != NULL && tls->stage == TLS_UP && tls->wants_plaintext && tls_has_input(tls)) {
        size_t room, filled = 0;
        char *space = wire_space(tls->above, &room);
        int result;

        if (space == NULL) {
            tls_end(tls, -ENOMEM);
            return;
        }
        tls_wake(tls);
        result = decrypt(tls, space, room, &filled);
        wire_received(tls->above, filled);
        if (result <= 0 && result != MBEDTLS_ERR_SSL_WANT_READ && tls->above != NULL)
            stop(tls, result);
    }
}
