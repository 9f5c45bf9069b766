/* nettle.h: the arithmetic that Postern's build of mbedTLS leaves to Nettle and GMP, and when it does not.
 * The patch calls these inside the library; an operation they do not take is left to mbedTLS's own code.
 */
#ifndef MBEDTLS_NETTLE_H
#define MBEDTLS_NETTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "mbedtls/bignum.h"
#include "mbedtls/ecp.h"

/* r = m * p, where m and p have been checked against the group; affine. False: not one of the curves taken, r
 * untouched. *error is 0 or MBEDTLS_ERR_MPI_ALLOC_FAILED. Time and memory accesses do not depend on m.
 */
bool mbedtls_nettle_multiply(const mbedtls_ecp_group *group, mbedtls_ecp_point *r, const mbedtls_mpi *m,
                             const mbedtls_ecp_point *p, int *error);

/* x = a ^ e mod n for an odd n. False: a or e is not positive, x untouched. Time depends on the lengths
 * alone. */
bool mbedtls_nettle_power(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *e, const mbedtls_mpi *n,
                          int *error);

/* x = 1 / a mod p for a prime p and 0 < a < p (Fermat). Returns 0 or an error of mbedTLS. */
int mbedtls_nettle_invert(mbedtls_mpi *x, const mbedtls_mpi *a, const mbedtls_mpi *p);

/* One message of AES-GCM (SP 800-38D, section 7). False: a key, IV or tag of an unusual length, or in and out
 * overlap without being the same.
 */
struct mbedtls_nettle_message {
    const unsigned char *key;
    size_t key_length;
    const unsigned char *iv;
    size_t iv_length;
    const unsigned char *extra;
    size_t extra_length;
    const unsigned char *in;
    unsigned char *out;
    size_t length;
    unsigned char *tag;
    size_t tag_length;
};
bool mbedtls_nettle_seal(const struct mbedtls_nettle_message *message, bool encrypting);

#endif
