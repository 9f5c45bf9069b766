/* ip.c: reads and prints IP addresses; names and sockets are left to net/. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <assert.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void unmap(struct ip *ip)
{
    if (ip->family != 6 || memcmp(ip->bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
        return;
    memmove(ip->bytes, ip->bytes + 12, 4);
    memset(ip->bytes + 4, 0, 12);
    ip->family = 4;
}

struct ip ip_of(unsigned family, const void *octets, uint16_t port)
{
    struct ip ip = {.family = (uint8_t)family, .port = port};

    assert(family == 4 || family == 6);
    memcpy(ip.bytes, octets, family == 4 ? 4 : 16);
    unmap(&ip);
    return ip;
}

bool ip_parse(struct span s, struct ip *out)
{
    char copy[IP_TEXT_MAX];

    *out = (struct ip){0};
    if (s.len == 0 || s.len >= sizeof(copy) || memchr(s.ptr, '\0', s.len) != NULL)
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    if (inet_pton(AF_INET, copy, out->bytes) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, copy, out->bytes) == 1)
        out->family = 6;
    unmap(out);
    return out->family != 0;
}

void ip_print(struct text *text, const struct ip *ip)
{
    char printed[IP_TEXT_MAX];

    if (ip->family == 0 ||
        inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, printed, sizeof(printed)) == NULL)
        text_add(text, SPAN("unknown"));
    else
        text_add(text, span_str(printed));
}
