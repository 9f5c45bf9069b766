/* idle.c: a session that waits for its peer gives back most of the two buffers of 16 KiB that mbedTLS keeps
 * for it, and what was left of the handshake. Records, counters and pointers within the buffers stay
 * ssl_msg.c's.
 */
#include "common.h"

#include "idle.h"

#include <string.h>

#include "mbedtls/platform.h"
#include "ssl_misc.h"

/* What a waiting session keeps of either buffer: most commands and replies fit, and every alert. */
enum { SMALL = 768 };

static int resize(unsigned char **buffer, size_t *size, size_t wanted)
{
    unsigned char *other = mbedtls_calloc(1, wanted);
    if (other == NULL)
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    memcpy(other, *buffer, *size < wanted ? *size : wanted);
    mbedtls_zeroize_and_free(*buffer, *size);
    *buffer = other;
    *size = wanted;
    return 0;
}

/* The header stays where it is in the buffer: behind the fragments of a handshake message, if there are some.
 */
static int resize_input(mbedtls_ssl_context *ssl, size_t wanted)
{
    size_t header = (size_t)(ssl->in_hdr - ssl->in_buf);
    int error = resize(&ssl->in_buf, &ssl->in_buf_len, wanted);
    if (error == 0) {
        ssl->in_hdr = ssl->in_buf + header;
        mbedtls_ssl_update_in_pointers(ssl);
    }
    return error;
}

static int resize_output(mbedtls_ssl_context *ssl, size_t wanted)
{
    int error = resize(&ssl->out_buf, &ssl->out_buf_len, wanted);
    if (error == 0) {
        mbedtls_ssl_reset_out_pointers(ssl);
        mbedtls_ssl_update_out_pointers(ssl, ssl->transform_out);
    }
    return error;
}

/* TLS 1.2 does this itself. A client of TLS 1.3 needs it for the tickets that may follow. */
static void forget_handshake(mbedtls_ssl_context *ssl)
{
    mbedtls_ssl_handshake_free(ssl);
    mbedtls_free(ssl->handshake);
    ssl->handshake = NULL;
    mbedtls_ssl_transform_free(ssl->transform_negotiate); /* of TLS 1.2 */
    mbedtls_free(ssl->transform_negotiate);
    ssl->transform_negotiate = NULL;
}

/* A handshake message in fragments moves the header away from its place. */
static int between_records(const mbedtls_ssl_context *ssl)
{
    return ssl->in_hdr == ssl->in_buf + MBEDTLS_SSL_SEQUENCE_NUMBER_LEN && ssl->in_offt == NULL;
}

void mbedtls_ssl_rest(mbedtls_ssl_context *ssl)
{
    if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || ssl->in_left != 0 || !between_records(ssl))
        return;
    if (ssl->handshake != NULL && ssl->conf->endpoint == MBEDTLS_SSL_IS_SERVER)
        forget_handshake(ssl);
    if (ssl->in_buf_len > SMALL)
        (void)resize_input(ssl, SMALL);
    if (ssl->out_buf_len > SMALL && ssl->out_left == 0)
        (void)resize_output(ssl, SMALL);
}

/* What a record loses when it is decrypted makes room for the header of the next, be this one a fragment. */
int mbedtls_ssl_wake_input(mbedtls_ssl_context *ssl)
{
    size_t body = MBEDTLS_GET_UINT16_BE(ssl->in_len, 0);
    if (ssl->in_buf_len > SMALL || (size_t)(ssl->in_iv - ssl->in_buf) + body <= SMALL)
        return 0;
    return resize_input(ssl, MBEDTLS_SSL_IN_BUFFER_LEN);
}

int mbedtls_ssl_wake_output(mbedtls_ssl_context *ssl, size_t length)
{
    if (ssl->out_buf_len > SMALL || MBEDTLS_SSL_HEADER_LEN + MBEDTLS_SSL_PAYLOAD_OVERHEAD + length <= SMALL)
        return 0;
    return resize_output(ssl, MBEDTLS_SSL_OUT_BUFFER_LEN);
}
