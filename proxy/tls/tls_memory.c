/* tls_memory.c: where mbedTLS gets its memory. What a connection gives back is left to tls_rest.c. */
#include <mbedtls/platform.h>
#include <psa/crypto.h>
#include <pthread.h>

#include "base/mem.h"
#include "tls/tls_private.h"

#if defined(MBEDTLS_PLATFORM_MEMORY)
static void *allocate(size_t count, size_t size)
{
    size_t octets;

    return __builtin_mul_overflow(count, size, &octets) ? NULL : mem_alloc(octets);
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
