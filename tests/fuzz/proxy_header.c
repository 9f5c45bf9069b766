/* Fuzzes smtp/proxy_header.c: a header is the same however it trickles in, ends where it must, and what it
 * says, printed in either version, reads back. */
#include "fuzz.h"
#include "smtp/proxy_header.h"

static bool within(struct span part, struct span whole)
{
    return part.ptr == NULL || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void tell_ip(struct text *told, const struct ip *ip)
{
    DEMAND(ip->family == 0 || ip->family == 4 || ip->family == 6);
    ip_print(told, ip);
    text_format(told, " %u ", ip->port);
}

static void tell(struct text *told, const struct proxy_header *header)
{
    tell_ip(told, &header->source);
    tell_ip(told, &header->destination);
    text_add(told, header->authority);
    text_char(told, '|');
    text_add(told, header->tls_version);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct proxy_header header;
    long n = 0;

    for (size_t end = 0; end < in.len && n == 0;) {
        struct span data;

        end = fuzz_piece_end(cut, end, in.len);
        data = fuzz_copy(span_first(in, end));
        n = proxy_header_read(data, &header);
        DEMAND(n <= (long)end && n <= PROXY_HEADER_OCTETS_MAX && n >= PROXY_HEADER_MALFORMED);
        if (n > 0) {
            struct span whole = span_first(data, (size_t)n);
            DEMAND(within(header.authority, whole) && within(header.tls_version, whole));
            tell(told, &header);
        }
        fuzz_free(data);
    }
    text_format(told, "%ld", n);
}

/* All of what was printed is one header that says the same. */
static void read_back(const struct text *printed, const struct proxy_header *expected)
{
    char octets[2][256];
    struct text was = TEXT(octets[0]), is = TEXT(octets[1]);
    struct proxy_header plain = *expected, header;
    bool local = plain.source.family != plain.destination.family;

    DEMAND(!printed->cut);
    DEMAND(proxy_header_read(text_span(printed), &header) == (long)printed->len);
    DEMAND(header.local == local && header.authority.ptr == NULL && header.tls_version.ptr == NULL);
    if (local)
        return;
    plain.authority = plain.tls_version = (struct span){0};
    tell(&was, &plain);
    tell(&is, &header);
    DEMAND(span_eq(text_span(&was), text_span(&is)));
}

static void check_print(struct span in)
{
    struct proxy_header header;
    char octets[256];
    struct text text = TEXT(octets);

    if (proxy_header_read(in, &header) <= 0)
        return;
    DEMAND(header.local == (header.source.family == 0) && header.local == (header.destination.family == 0));
    if (header.local)
        return;
    proxy_header_print_v1(&text, &header.source, &header.destination);
    read_back(&text, &header);
    text = TEXT(octets);
    proxy_header_print_v2(&text, &header.source, &header.destination);
    read_back(&text, &header);
}

void fuzz_one(struct span in)
{
    (void)fuzz_every_way(in, fuzz_position(&in), feed);
    check_print(in);
}
