/* nettle.c: curves and powers for mbedTLS by Nettle and GMP, whose multiplications are in assembly and whose
 * functions for secrets take no branch and read no address that depends on one; and AES-GCM in wide strides.
 * Keys, blinding, checks and protocols stay mbedTLS's.
 */
#include "common.h"

#include "nettle.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/curve25519.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/gcm.h>
#include <nettle/sha2.h>

#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

_Static_assert(sizeof(mbedtls_mpi_uint) == sizeof(mp_limb_t) && GMP_NAIL_BITS == 0,
               "both libraries use the same limbs");

/* --- scratch memory: GMP ends the program when it gets none, so the one block that a multiplication asks for
 * is set aside per thread, and offered to that alone: others in the process may use GMP, too. */

enum { SCRATCH = 8192 };

static _Thread_local struct {
    _Alignas(16) unsigned char block[SCRATCH];
    bool offered;
} scratch;

static void *scratch_take(size_t size)
{
    if (scratch.offered && size <= sizeof scratch.block) {
        scratch.offered = false;
        return scratch.block;
    }
    void *block = malloc(size);
    if (block == NULL)
        abort();
    return block;
}

static void scratch_give(void *block, size_t size)
{
    mbedtls_platform_zeroize(block, size);
    if (block != scratch.block)
        free(block);
}

static void *scratch_resize(void *block, size_t old_size, size_t size)
{
    void *bigger = scratch_take(size);
    memcpy(bigger, block, old_size < size ? old_size : size);
    scratch_give(block, old_size);
    return bigger;
}

__attribute__((constructor)) static void scratch_prepare(void)
{
    mp_set_memory_functions(scratch_take, scratch_resize, scratch_give);
}

/* --- curves -------------------------------------------------------------------------------------- */

enum { LIMBS = 521 / GMP_NUMB_BITS + 1 };

static void limbs_from(mp_limb_t *limbs, size_t count, const mbedtls_mpi *number)
{
    for (size_t i = 0; i < count; i++)
        limbs[i] = i < number->n ? number->p[i] : 0;
}

static int limbs_to(mbedtls_mpi *number, const mp_limb_t *limbs, size_t count)
{
    int error = mbedtls_mpi_lset(number, 0);
    if (error == 0)
        error = mbedtls_mpi_grow(number, count);
    if (error == 0)
        memcpy(number->p, limbs, count * sizeof *limbs);
    return error;
}

static bool is_generator(const mbedtls_ecp_group *group, const mbedtls_ecp_point *p)
{
    return mbedtls_mpi_cmp_mpi(&p->X, &group->G.X) == 0 &&
           (p->Y.p == NULL || mbedtls_mpi_cmp_mpi(&p->Y, &group->G.Y) == 0);
}

static int multiply_25519(const mbedtls_ecp_group *group, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                          const mbedtls_ecp_point *p)
{
    uint8_t scalar[CURVE25519_SIZE], u[CURVE25519_SIZE];
    int error = mbedtls_mpi_write_binary_le(m, scalar, sizeof scalar);
    if (error == 0)
        error = mbedtls_mpi_write_binary_le(&p->X, u, sizeof u);
    scratch.offered = true;
    if (error == 0 && is_generator(group, p))
        curve25519_mul_g(u, scalar);
    else if (error == 0)
        curve25519_mul(u, scalar, u);
    scratch.offered = false;
    if (error == 0)
        error = mbedtls_mpi_read_binary_le(&r->X, u, sizeof u);
    if (error == 0)
        error = mbedtls_mpi_lset(&r->Z, 1);
    mbedtls_mpi_free(&r->Y);
    mbedtls_platform_zeroize(scalar, sizeof scalar);
    mbedtls_platform_zeroize(u, sizeof u);
    return error;
}

static int multiply_weierstrass(const struct ecc_curve *curve, const mbedtls_ecp_group *group,
                                mbedtls_ecp_point *r, const mbedtls_mpi *m, const mbedtls_ecp_point *p)
{
    mp_limb_t scalar_limbs[LIMBS], from[2 * LIMBS], to[2 * LIMBS];
    size_t size = ecc_size(curve);
    struct ecc_scalar scalar = {curve, scalar_limbs};
    struct ecc_point factor = {curve, from}, product = {curve, to};
    limbs_from(scalar_limbs, size, m);
    scratch.offered = true;
    if (is_generator(group, p)) {
        ecc_point_mul_g(&product, &scalar);
    } else {
        limbs_from(from, size, &p->X);
        limbs_from(from + size, size, &p->Y);
        ecc_point_mul(&product, &scalar, &factor);
    }
    scratch.offered = false;
    int error = limbs_to(&r->X, to, size);
    if (error == 0)
        error = limbs_to(&r->Y, to + size, size);
    if (error == 0)
        error = mbedtls_mpi_lset(&r->Z, 1);
    mbedtls_platform_zeroize(scalar_limbs, sizeof scalar_limbs);
    mbedtls_platform_zeroize(to, sizeof to);
    return error;
}

bool mbedtls_nettle_multiply(const mbedtls_ecp_group *group, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                             const mbedtls_ecp_point *p, int *error)
{
    switch (group->id) {
    case MBEDTLS_ECP_DP_CURVE25519:
        *error = multiply_25519(group, r, m, p);
        return true;
    case MBEDTLS_ECP_DP_SECP256R1:
        *error = multiply_weierstrass(nettle_get_secp_256r1(), group, r, m, p);
        return true;
    case MBEDTLS_ECP_DP_SECP384R1:
        *error = multiply_weierstrass(nettle_get_secp_384r1(), group, r, m, p);
        return true;
    case MBEDTLS_ECP_DP_SECP521R1:
        *error = multiply_weierstrass(nettle_get_secp_521r1(), group, r, m, p);
        return true;
    default:
        return false;
    }
}

/* --- powers -------------------------------------------------------------------------------------- */

bool mbedtls_nettle_power(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *e, const mbedtls_mpi *n,
                          int *error)
{
    size_t limbs = (mbedtls_mpi_bitlen(n) + GMP_NUMB_BITS - 1) / GMP_NUMB_BITS;
    if (mbedtls_mpi_cmp_int(a, 0) <= 0 || mbedtls_mpi_cmp_int(e, 0) <= 0)
        return false;
    size_t base = a->n > limbs ? a->n : limbs;
    /* A single limb holds no secret but the public exponent of RSA, whose length need not be hidden. */
    size_t bits = e->n > 1 ? e->n * GMP_NUMB_BITS : mbedtls_mpi_bitlen(e);
    size_t room = (size_t)mpn_sec_powm_itch((mp_size_t)base, bits, (mp_size_t)limbs);
    mp_limb_t *memory = mbedtls_calloc(limbs + base + room, sizeof *memory);
    if (memory == NULL) {
        *error = MBEDTLS_ERR_MPI_ALLOC_FAILED;
        return true;
    }
    mp_limb_t *result = memory, *factor = memory + limbs;
    limbs_from(factor, base, a);
    mpn_sec_powm(result, factor, (mp_size_t)base, (const mp_limb_t *)e->p, bits, (const mp_limb_t *)n->p,
                 (mp_size_t)limbs, factor + base);
    *error = limbs_to(x, result, limbs);
    mbedtls_zeroize_and_free(memory, (limbs + base + room) * sizeof *memory);
    return true;
}

int mbedtls_nettle_invert(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *p)
{
    mbedtls_mpi exponent;
    mbedtls_mpi_init(&exponent);
    int error = mbedtls_mpi_sub_int(&exponent, p, 2);
    if (error == 0 && !mbedtls_nettle_power(x, a, &exponent, p, &error))
        error = MBEDTLS_ERR_MPI_BAD_INPUT_DATA;
    mbedtls_mpi_free(&exponent);
    return error;
}

/* --- SHA-256 ------------------------------------------------------------------------------------- */

int mbedtls_internal_sha256_process(mbedtls_sha256_context *sha, const unsigned char block[SHA256_BLOCK_SIZE])
{
    struct sha256_ctx one;
    memcpy(one.state, sha->state, sizeof one.state);
    one.count = 0;
    one.index = 0;
    sha256_update(&one, SHA256_BLOCK_SIZE, block);
    memcpy(sha->state, one.state, sizeof one.state);
    mbedtls_platform_zeroize(one.state, sizeof one.state);
    return 0;
}

/* --- AES-GCM ------------------------------------------------------------------------------------- */

static bool overlaps_askew(const unsigned char *in, const unsigned char *out, size_t length)
{
    uintptr_t a = (uintptr_t)in, b = (uintptr_t)out;
    return a != b && a < b + length && b < a + length;
}

bool mbedtls_nettle_seal(const struct mbedtls_nettle_message *m, bool encrypting)
{
    if (m->iv_length != GCM_IV_SIZE || m->tag_length > GCM_DIGEST_SIZE ||
        overlaps_askew(m->in, m->out, m->length))
        return false;
    if (m->key_length == AES128_KEY_SIZE) {
        struct gcm_aes128_ctx gcm;
        gcm_aes128_set_key(&gcm, m->key);
        gcm_aes128_set_iv(&gcm, m->iv_length, m->iv);
        gcm_aes128_update(&gcm, m->extra_length, m->extra);
        (encrypting ? gcm_aes128_encrypt : gcm_aes128_decrypt)(&gcm, m->length, m->out, m->in);
        gcm_aes128_digest(&gcm, m->tag_length, m->tag);
        mbedtls_platform_zeroize(&gcm, sizeof gcm);
        return true;
    }
    if (m->key_length == AES256_KEY_SIZE) {
        struct gcm_aes256_ctx gcm;
        gcm_aes256_set_key(&gcm, m->key);
        gcm_aes256_set_iv(&gcm, m->iv_length, m->iv);
        gcm_aes256_update(&gcm, m->extra_length, m->extra);
        (encrypting ? gcm_aes256_encrypt : gcm_aes256_decrypt)(&gcm, m->length, m->out, m->in);
        gcm_aes256_digest(&gcm, m->tag_length, m->tag);
        mbedtls_platform_zeroize(&gcm, sizeof gcm);
        return true;
    }
    return false;
}
