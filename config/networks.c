/* networks.c: addresses and CIDR networks; what a match means is left to the filters. */
#include "config/networks.h"

#include "base/ip.h"
#include "config/value.h"

#define MAPPED_BITS 96 /* ::ffff:0:0/96, RFC 4291 2.5.5.2 */

static unsigned bits_of(uint8_t family)
{
    return family == 4 ? 32 : 128;
}

/* Clears the bits behind the prefix; true when one was set. */
static bool clear_host_bits(struct option_network *network)
{
    bool any = false;

    for (unsigned bit = network->prefix; bit < bits_of(network->family); bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        any = any || (network->address[bit / 8] & mask) != 0;
        network->address[bit / 8] &= (uint8_t)~mask;
    }
    return any;
}

static bool parse_prefix(struct span s, unsigned least, unsigned most, uint8_t *out)
{
    int64_t bits;

    if (value_int(s, &bits) != VALUE_OK || s.ptr[0] == '-' || bits < least || bits > most)
        return false;
    *out = (uint8_t)(bits - least);
    return true;
}

enum network_result network_parse(struct span s, struct option_network *out)
{
    const char *slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
    struct span address = slash != NULL ? span_of(s.ptr, (size_t)(slash - s.ptr)) : s;
    struct ip ip;
    unsigned least;

    if (!ip_parse(address, &ip))
        return NETWORK_SYNTAX;
    least = ip.family == 4 && memchr(address.ptr, ':', address.len) != NULL ? MAPPED_BITS : 0;
    *out = (struct option_network){.family = ip.family, .prefix = (uint8_t)bits_of(ip.family)};
    memcpy(out->address, ip.bytes, sizeof(out->address));
    if (slash != NULL &&
        !parse_prefix(span_skip(s, address.len + 1), least, least + bits_of(ip.family), &out->prefix))
        return NETWORK_SYNTAX;
    return clear_host_bits(out) ? NETWORK_HOST_BITS : NETWORK_OK;
}

void network_print(struct text *text, const struct option_network *network)
{
    struct ip ip = {.family = network->family};

    memcpy(ip.bytes, network->address, sizeof(ip.bytes));
    ip_print(text, &ip);
    if (network->prefix != bits_of(network->family))
        text_format(text, "/%u", (unsigned)network->prefix);
}
