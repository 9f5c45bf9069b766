/* channel_address.c: reads "unix:/path", "host:port" and "inet:host:port"; whether anybody is there is left
 * to channel.c. */
#include "chain/channel_address.h"

#include "base/ip.h"

#define PATH_OCTETS_MAX 107 /* sun_path of unix(7), without its NUL */

/* port = 1*5DIGIT, 1 to 65535; 0 when it is none. */
static uint16_t read_port(struct span s)
{
    unsigned port = 0;

    if (s.len == 0 || s.len > 5)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return 0;
        port = port * 10 + (unsigned)(s.ptr[i] - '0');
    }
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static bool printable(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] == 0x7f)
            return false;
    return s.len != 0;
}

/* host = "[" IPv6-address "]" / IPv4-address / name */
static bool read_host(struct span host, struct channel_address *out)
{
    bool bracketed = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    struct ip ip;

    if (bracketed)
        host = span_of(host.ptr + 1, host.len - 2);
    if (!printable(host) || (bracketed && (!ip_parse(host, &ip) || ip.family != 6)))
        return false;
    if (!bracketed && (memchr(host.ptr, ':', host.len) != NULL || memchr(host.ptr, '/', host.len) != NULL))
        return false;
    memcpy(out->host, host.ptr, host.len);
    out->host[host.len] = '\0';
    return true;
}

bool channel_address_parse(const char *written, struct channel_address *out)
{
    struct span s = span_str(written);
    const char *colon;

    *out = (struct channel_address){.port = 0};
    if (s.len >= sizeof(out->host))
        return false;
    if (strncmp(written, "unix:", strlen("unix:")) == 0) {
        struct span path = span_skip(s, strlen("unix:"));
        memcpy(out->host, s.ptr, s.len);
        return path.len > 1 && path.ptr[0] == '/' && path.len <= PATH_OCTETS_MAX;
    }
    if (strncmp(written, "inet:", strlen("inet:")) == 0)
        s = span_skip(s, strlen("inet:"));
    colon = strrchr(s.ptr, ':');
    if (colon == NULL || !read_host(span_of(s.ptr, (size_t)(colon - s.ptr)), out))
        return false;
    out->port = read_port(span_str(colon + 1));
    return out->port != 0;
}

bool filter_channel_address(const char *address)
{
    struct channel_address parsed;

    return channel_address_parse(address, &parsed);
}
