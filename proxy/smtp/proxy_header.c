/* proxy_header.c: reads the PROXY protocol header, versions 1 and 2. TLVs are left to proxy_tlv.c, printing
 * to proxy_header_print.c. */
#include "smtp/proxy_header.h"

#include "smtp/chars.h"
#include "smtp/proxy_tlv.h"
#include "smtp/words.h"

#define V1_OCTETS_MAX   107 /* with CRLF */
#define V2_OCTETS_FIXED 16

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

/* Does s begin with the word, as far as it goes? */
static enum match match(struct span s, struct span word)
{
    size_t n = s.len < word.len ? s.len : word.len;

    if (!span_eq(span_first(s, n), span_first(word, n)))
        return MATCH_NONE;
    return n == word.len ? MATCH_WHOLE : MATCH_PART;
}

/* The address in its canonical format, of the family that the line names. */
static bool take_address(struct span field, unsigned family, struct ip *out)
{
    bool colon = field.len != 0 && memchr(field.ptr, ':', field.len) != NULL;

    return colon == (family == 6) && ip_parse(field, out);
}

/* A decimal integer in the range [0..65535], without heading zeroes. */
static bool take_port(struct span field, uint16_t *out)
{
    uint64_t port;

    if (!words_number(field, UINT16_MAX, &port) || (field.len > 1 && field.ptr[0] == '0'))
        return false;
    *out = (uint16_t)port;
    return true;
}

/* source SP destination SP source-port SP destination-port */
static bool take_fields(struct span rest, unsigned family, struct proxy_header *out)
{
    struct span fields[4];

    for (size_t i = 0; i < 4; i++) {
        const char *space = rest.len != 0 ? memchr(rest.ptr, ' ', rest.len) : NULL;

        if ((space == NULL) != (i == 3))
            return false;
        fields[i] = span_first(rest, space != NULL ? (size_t)(space - rest.ptr) : rest.len);
        rest = span_skip(rest, fields[i].len + (space != NULL));
    }
    return take_address(fields[0], family, &out->source) &&
           take_address(fields[1], family, &out->destination) && take_port(fields[2], &out->source.port) &&
           take_port(fields[3], &out->destination.port);
}

/* The octets before the CRLF of a line of addresses (none other can be in one), or of any octets. */
static size_t before_line_end(struct span rest, bool addresses)
{
    size_t n = 0;

    while (n < rest.len) {
        char c = rest.ptr[n];

        if (addresses ? !chars_is(c, CHAR_HEXDIG) && c != '.' && c != ':' && c != ' '
                      : match(span_skip(rest, n), SPAN("\r\n")) != MATCH_NONE)
            break;
        n++;
    }
    return n;
}

/* "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP source-port SP destination-port CRLF
 * "PROXY" SP "UNKNOWN" [SP anything] CRLF ; 107 octets at most */
static long read_v1(struct span data, struct proxy_header *out)
{
    static const struct {
        struct span words;
        unsigned family;
    } kinds[] = {{SPAN("PROXY TCP4 "), 4}, {SPAN("PROXY TCP6 "), 6}, {SPAN("PROXY UNKNOWN"), 0}};
    struct span line = span_first(data, V1_OCTETS_MAX);
    long more = line.len < V1_OCTETS_MAX ? 0 : PROXY_HEADER_MALFORMED;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        unsigned family = kinds[i].family;
        enum match found = match(line, kinds[i].words);
        struct span rest, end;

        if (found == MATCH_PART)
            return 0;
        if (found == MATCH_NONE)
            continue;
        rest = span_skip(line, kinds[i].words.len);
        end = rest;
        if (family != 0 || (rest.len != 0 && rest.ptr[0] == ' '))
            end = span_skip(rest, before_line_end(rest, family != 0));
        if (match(end, SPAN("\r\n")) != MATCH_WHOLE)
            return match(end, SPAN("\r\n")) == MATCH_PART ? more : PROXY_HEADER_MALFORMED;
        out->local = family == 0;
        rest.len -= end.len;
        if (family != 0 && !take_fields(rest, family, out))
            return PROXY_HEADER_MALFORMED;
        return end.ptr + 2 - data.ptr;
    }
    return PROXY_HEADER_MALFORMED;
}

static unsigned octet(struct span s, size_t at)
{
    return (unsigned char)s.ptr[at];
}

static unsigned two_octets(struct span s, size_t at)
{
    return octet(s, at) << 8 | octet(s, at + 1);
}

/* AF_INET or AF_INET6 and STREAM: source, destination, source-port, destination-port */
static void take_addresses(struct span block, size_t octets, struct proxy_header *out)
{
    size_t ports = 2 * octets;
    unsigned family = octets == 4 ? 4 : 6;

    out->source = ip_of(family, block.ptr, (uint16_t)two_octets(block, ports));
    out->destination = ip_of(family, block.ptr + octets, (uint16_t)two_octets(block, ports + 2));
}

/* signature version-command family-protocol length addresses *tlv
 * version-command = %x20 / %x21 ; LOCAL, PROXY
 * family-protocol: high half UNSPEC, INET, INET6, UNIX; low half UNSPEC, STREAM, DGRAM */
static long read_v2(struct span data, struct proxy_header *out)
{
    enum { LOCAL, PROXY };
    enum { UNSPEC, INET, INET6, UNIX, FAMILIES };
    enum { STREAM = 1, DGRAM, PROTOCOLS };
    static const size_t ADDRESS_OCTETS[FAMILIES] = {[INET] = 4, [INET6] = 16, [UNIX] = 108};
    unsigned command, family = UNSPEC, protocol = UNSPEC;
    size_t length, addresses = 0;

    if (data.len > 12 && octet(data, 12) != 0x20 && octet(data, 12) != 0x21)
        return PROXY_HEADER_MALFORMED;
    command = data.len > 12 ? octet(data, 12) & 0xf : LOCAL;
    if (command == PROXY && data.len > 13) {
        family = octet(data, 13) >> 4;
        protocol = octet(data, 13) & 0xf;
    }
    if (family >= FAMILIES || protocol >= PROTOCOLS)
        return PROXY_HEADER_MALFORMED;
    if (data.len < V2_OCTETS_FIXED)
        return 0;
    length = two_octets(data, 14);
    if (family != UNSPEC && protocol != UNSPEC)
        addresses = 2 * ADDRESS_OCTETS[family] + (family == UNIX ? 0 : 4);
    if (length < addresses || length > PROXY_HEADER_OCTETS_MAX - V2_OCTETS_FIXED)
        return PROXY_HEADER_MALFORMED;
    if (data.len < V2_OCTETS_FIXED + length)
        return 0;
    data = span_first(data, V2_OCTETS_FIXED + length);
    if (addresses != 0 && !proxy_tlv_read(data, V2_OCTETS_FIXED + addresses, out))
        return PROXY_HEADER_MALFORMED;
    if (protocol == STREAM && (family == INET || family == INET6))
        take_addresses(span_skip(data, V2_OCTETS_FIXED), ADDRESS_OCTETS[family], out);
    else
        *out = (struct proxy_header){.local = true};
    return (long)data.len;
}

long proxy_header_read(struct span data, struct proxy_header *out)
{
    enum match v1 = match(data, SPAN("PROXY"));
    enum match v2 = match(data, SPAN("\r\n\r\n\0\r\nQUIT\n"));

    *out = (struct proxy_header){0};
    if (v1 == MATCH_WHOLE)
        return read_v1(data, out);
    if (v2 == MATCH_WHOLE)
        return read_v2(data, out);
    return v1 == MATCH_PART || v2 == MATCH_PART ? 0 : PROXY_HEADER_ABSENT;
}
