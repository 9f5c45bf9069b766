/* tls_certificate_check.c: what may be wrong with a certificate that could be read: key, chain, dates and
 * names. Reading is left to tls_certificate.c. */
#include <mbedtls/x509.h>
#include <time.h>

#include "tls/tls_certificate.h"
#include "tls/tls_random.h"

#define RSA_BITS  2048
#define DAY       ((time_t)24 * 3600)
#define DAYS_LEFT 14

struct check {
    const struct tls_certificate *certificate;
    size_t index;
    const struct tls_complaints *to;
};

static bool check_key(const struct check *check)
{
    const mbedtls_pk_context *key = &check->certificate->key;
    bool rsa = mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) != 0;

    if (!rsa && mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) == 0) {
        tls_complain(check->to, check->index, "key", "is of a kind that cannot be used; allowed: RSA, ECDSA");
        return false;
    }
    if (mbedtls_pk_check_pair(&check->certificate->chain.pk, key, tls_random, NULL) != 0) {
        tls_complain(check->to, check->index, "key", "is not the key of the certificate");
        return false;
    }
    if (rsa && mbedtls_pk_get_bitlen(key) < RSA_BITS)
        tls_warn(check->to, check->index, "key", "has %zu bits; few take less than %d",
                 mbedtls_pk_get_bitlen(key), RSA_BITS);
    return true;
}

static struct span octets(const mbedtls_x509_buf *buf)
{
    return span_of((const char *)buf->p, buf->len);
}

/* RFC 8446 4.4.2: each certificate certifies the one before it. */
static bool is_issuer(mbedtls_x509_crt *parent, const mbedtls_x509_crt *child)
{
    mbedtls_x509_crt alone;
    uint32_t flags = 0;
    bool signs;

    if (!span_eq(octets(&child->issuer_raw), octets(&parent->subject_raw)))
        return false;
    mbedtls_x509_crt_init(&alone);
    signs = mbedtls_x509_crt_parse_der(&alone, child->raw.p, child->raw.len) == 0;
    if (signs)
        (void)mbedtls_x509_crt_verify(&alone, parent, NULL, NULL, &flags, NULL, NULL);
    mbedtls_x509_crt_free(&alone);
    return signs && (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
}

static bool check_chain(const struct check *check)
{
    size_t place = 1;

    for (const mbedtls_x509_crt *child = &check->certificate->chain; child->next != NULL;
         child = child->next) {
        place++;
        if (is_issuer(child->next, child))
            continue;
        tls_complain(
            check->to, check->index, "chain",
            "certificate %zu in the file did not issue the one before it; allowed: the server's own, "
            "then its issuers in order",
            place);
        return false;
    }
    return true;
}

static time_t when(const mbedtls_x509_time *time)
{
    struct tm tm = {
        .tm_year = time->year - 1900,
        .tm_mon = time->mon - 1,
        .tm_mday = time->day,
        .tm_hour = time->hour,
        .tm_min = time->min,
        .tm_sec = time->sec,
    };

    return timegm(&tm);
}

/* Only warnings: a server that does not start turns all mail away, a certificate that is out of date only
 * that of those who look at it. */
static void check_dates(const struct check *check, const mbedtls_x509_crt *certificate, size_t place)
{
    const mbedtls_x509_time *from = &certificate->valid_from, *to = &certificate->valid_to;
    time_t left = when(to) - time(NULL);
    char which[64] = "";

    if (place > 0)
        (void)snprintf(which, sizeof(which), "certificate %zu in the file ", place + 1);
    if (left < 0)
        tls_warn(check->to, check->index, "chain", "%sexpired on %04d-%02d-%02d", which, to->year, to->mon,
                 to->day);
    else if (left < DAYS_LEFT * DAY)
        tls_warn(check->to, check->index, "chain", "%sexpires on %04d-%02d-%02d, in less than %d days", which,
                 to->year, to->mon, to->day, (int)(left / DAY) + 1);
    if (mbedtls_x509_time_is_future(from))
        tls_warn(check->to, check->index, "chain", "%sis not valid before %04d-%02d-%02d", which, from->year,
                 from->mon, from->day);
}

static void check_names(const struct check *check)
{
    const struct option_strings *names = check->certificate->names;

    for (size_t i = 0; i < names->count; i++)
        if (!tls_certificate_covers(check->certificate, span_str(names->items[i])))
            tls_warn(check->to, check->index, "names", "the certificate is not for %s", names->items[i]);
}

bool tls_certificate_check(const struct tls_certificate *certificate, size_t index,
                           const struct tls_complaints *to)
{
    const struct check check = {certificate, index, to};
    bool key = check_key(&check), chain = check_chain(&check);
    const mbedtls_x509_crt *each = &certificate->chain;
    size_t place = 0;

    do {
        check_dates(&check, each, place++);
        each = each->next;
    } while (each != NULL);
    check_names(&check);
    return key && chain;
}
