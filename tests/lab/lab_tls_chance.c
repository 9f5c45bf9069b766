/* lab_tls_chance.c: stands before the functions that give mbedTLS and proxy/tls randomness and time. */
#include "lab_tls_chance.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define TICK 90000 /* nanoseconds: a few steps of a handshake in one turn */

static struct {
    bool seeded;
    uint64_t state;
    int64_t nanoseconds;
} chance;

void lab_tls_chance(uint64_t seed)
{
    chance.seeded = true;
    chance.state = seed;
    chance.nanoseconds = INT64_C(1000000000000);
}

void lab_tls_chance_end(void)
{
    chance.seeded = false;
}

/* splitmix64 */
static void draw(void *bytes, size_t len)
{
    unsigned char *to = bytes;

    for (size_t i = 0; i < len; i++) {
        uint64_t z = chance.state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        to[i] = (unsigned char)(z ^ (z >> 31));
    }
}

/* The names are the linker's. NOLINTBEGIN */
ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
int __real_mbedtls_ctr_drbg_random(void *state, unsigned char *bytes, size_t len);
int __wrap_mbedtls_ctr_drbg_random(void *state, unsigned char *bytes, size_t len);
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    if (!chance.seeded)
        return __real_getrandom(bytes, len, flags);
    draw(bytes, len);
    return (ssize_t)len;
}

int __wrap_mbedtls_ctr_drbg_random(void *state, unsigned char *bytes, size_t len)
{
    if (!chance.seeded)
        return __real_mbedtls_ctr_drbg_random(state, bytes, len);
    draw(bytes, len);
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    if (!chance.seeded)
        return __real_clock_gettime(clock, out);
    chance.nanoseconds += TICK;
    *out = (struct timespec){chance.nanoseconds / 1000000000, chance.nanoseconds % 1000000000};
    return 0;
}
/* NOLINTEND */
