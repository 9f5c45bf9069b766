/* tls_random.h: chance for mbedTLS. Private to tls/. */
#ifndef TLS_TLS_RANDOM_H
#define TLS_TLS_RANDOM_H

#include <stddef.h>

/* An f_rng of mbedTLS: the kernel's, so that no thread waits for another's. Thread-safe; needs no `unused`.
 */
int tls_random(void *unused, unsigned char *out, size_t len);

#endif
