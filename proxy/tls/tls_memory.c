/* tls_memory.c: where mbedTLS gets its memory, and what of a connection's is given back while it is idle.
 * When that is so is left to tls_idle.c. */
#include <mbedtls/platform.h>
#include <psa/crypto.h>
#include <pthread.h>

#include "base/mem.h"
#include "tls/tls_private.h"

#if defined(MBEDTLS_PLATFORM_MEMORY)
#define PAGE        4096
#define BLOCK_LARGE (2 * PAGE) /* from here on a block begins with a page of its own */

static void *allocate(size_t count, size_t size)
{
    size_t octets;

    if (__builtin_mul_overflow(count, size, &octets))
        return NULL;
    return octets < BLOCK_LARGE ? mem_alloc(octets) : mem_alloc_aligned(PAGE, octets);
}
#endif

bool tls_library_begin(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool begun;
    bool ready;

    (void)pthread_mutex_lock(&mutex);
#if defined(MBEDTLS_PLATFORM_MEMORY)
    if (!begun)
        (void)mbedtls_platform_set_calloc_free(allocate, mem_free);
#endif
    begun = begun || psa_crypto_init() == PSA_SUCCESS;
    ready = begun;
    (void)pthread_mutex_unlock(&mutex);
    return ready;
}
