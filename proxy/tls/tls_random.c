/* tls_random.c: chance from the kernel; what it is for is left to others. */
#include "tls/tls_random.h"

#include <errno.h>
#include <mbedtls/entropy.h>
#include <sys/random.h>

int tls_random(void *unused, unsigned char *out, size_t len)
{
    (void)unused;
    while (len > 0) {
        ssize_t n = getrandom(out, len, 0);

        if (n < 0 && errno != EINTR)
            return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
        if (n > 0) {
            out += n;
            len -= (size_t)n;
        }
    }
    return 0;
}
