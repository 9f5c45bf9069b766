/* proxy_tlv.c: reads the TLVs of a PROXY header of version 2 and checks its checksum. Types that tell a
 * session nothing are passed over. */
#include "smtp/proxy_tlv.h"

enum {
    TYPE_AUTHORITY = 0x02,
    TYPE_CRC32C = 0x03,
    TYPE_SSL = 0x20,
    SUBTYPE_SSL_VERSION = 0x21,
};

#define CLIENT_SSL 0x01 /* the client used TLS */

struct wanted {
    unsigned type;
    struct span *value;
};

static unsigned octet(struct span s, size_t at)
{
    return (unsigned char)s.ptr[at];
}

/* tlv = type 2length value ; the values of the wanted types, which come once at most, are stored. */
static bool collect(struct span rest, const struct wanted wanted[], size_t count)
{
    while (rest.len != 0) {
        size_t len;

        if (rest.len < 3)
            return false;
        len = octet(rest, 1) << 8 | octet(rest, 2);
        if (len > rest.len - 3)
            return false;
        for (size_t i = 0; i < count; i++) {
            if (wanted[i].type != octet(rest, 0))
                continue;
            if (wanted[i].value->ptr != NULL)
                return false;
            *wanted[i].value = span_of(rest.ptr + 3, len);
        }
        rest = span_skip(rest, 3 + len);
    }
    return true;
}

/* pp2_tlv_ssl = client 4verify *tlv */
static bool read_ssl(struct span ssl, struct span *version)
{
    const struct wanted wanted[] = {{SUBTYPE_SSL_VERSION, version}};

    if (ssl.len < 5 || !collect(span_skip(ssl, 5), wanted, 1))
        return false;
    if ((octet(ssl, 0) & CLIENT_SSL) == 0)
        *version = (struct span){0};
    return true;
}

/* CRC-32C (RFC 4960 B), bit by bit: a header is short, and comes once in a connection. */
static uint32_t crc32c(uint32_t crc, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        crc ^= octet(s, i);
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
    }
    return crc;
}

/* The checksum is that of the whole header, with zeroes in the place of itself. */
static bool checksum_right(struct span header, struct span checksum)
{
    uint32_t crc = UINT32_MAX, given = 0;

    if (checksum.len != 4)
        return false;
    for (size_t i = 0; i < 4; i++)
        given = given << 8 | octet(checksum, i);
    crc = crc32c(crc, span_first(header, (size_t)(checksum.ptr - header.ptr)));
    crc = crc32c(crc, SPAN("\0\0\0\0"));
    crc = crc32c(crc, span_skip(header, (size_t)(checksum.ptr - header.ptr) + 4));
    return ~crc == given;
}

bool proxy_tlv_read(struct span header, size_t at, struct proxy_header *out)
{
    struct span checksum = {0}, ssl = {0};
    const struct wanted wanted[] = {
        {TYPE_AUTHORITY, &out->authority},
        {TYPE_CRC32C, &checksum},
        {TYPE_SSL, &ssl},
    };

    return collect(span_skip(header, at), wanted, sizeof(wanted) / sizeof(wanted[0])) &&
           (ssl.ptr == NULL || read_ssl(ssl, &out->tls_version)) &&
           (checksum.ptr == NULL || checksum_right(header, checksum));
}
