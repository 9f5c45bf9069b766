/* idle.h: when a session's buffers come and go; called by the patched ssl_msg.c alone. */
#ifndef MBEDTLS_IDLE_H
#define MBEDTLS_IDLE_H

#include "mbedtls/ssl.h"

/* The transport has nothing more for now: gives back what is empty. */
void mbedtls_ssl_rest(mbedtls_ssl_context *ssl);

/* Make room for the record whose header has been read, or for one of `length` octets that is about to be
 * composed. 0 or MBEDTLS_ERR_SSL_ALLOC_FAILED, after which the call may be made again.
 */
int mbedtls_ssl_wake_input(mbedtls_ssl_context *ssl);
int mbedtls_ssl_wake_output(mbedtls_ssl_context *ssl, size_t length);

#endif
