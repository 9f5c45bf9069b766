/* transparent.c: sockets that take connections meant for others, or make them in their name; rules that
 * divert packets to us are the firewall's affair. */
#include "net/transparent.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "net/address.h"

/* Of <linux/netfilter_ipv4.h> and <linux/netfilter_ipv6/ip6_tables.h>, which quarrel with libc's headers; the
 * kernel gives both the same number. */
#define ORIGINAL_DST 80

int transparent_set(int fd, const struct ip *of, bool on)
{
    const int value = on;
    int done = of->family == 4 ? setsockopt(fd, SOL_IP, IP_TRANSPARENT, &value, sizeof(value))
                               : setsockopt(fd, SOL_IPV6, IPV6_TRANSPARENT, &value, sizeof(value));

    return done == 0 ? 0 : -errno;
}

static bool same_address(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

/* Asked of the list of addresses rather than by binding to it, which succeeds with any address on a machine
 * with net.ipv4.ip_nonlocal_bind. When the list cannot be had, it is better to refuse than to go in circles.
 */
static bool is_ours(const struct ip *ip)
{
    struct ifaddrs *list = NULL;
    bool found = ip->family == 4 && ip->bytes[0] == IN_LOOPBACKNET;

    if (getifaddrs(&list) != 0)
        return true;
    for (const struct ifaddrs *at = list; at != NULL && !found; at = at->ifa_next) {
        struct ip own = {0};
        if (at->ifa_addr != NULL)
            own = address_to_ip(at->ifa_addr);
        found = own.family != 0 && same_address(&own, ip);
    }
    freeifaddrs(list);
    return found;
}

/* Connection tracking keeps what the address was before its translation; for a connection that was not
 * translated that is what it is now, and for one that is not tracked there is nothing (ENOENT, or ENOPROTOOPT
 * on a machine without it). */
static struct ip before_translation(int fd, const struct ip *local)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    struct ip original = {0};

    if (getsockopt(fd, local->family == 4 ? SOL_IP : SOL_IPV6, ORIGINAL_DST, &address, &len) != 0)
        return original;
    original = address_to_ip((struct sockaddr *)&address);
    if (original.port == local->port && same_address(&original, local))
        original = (struct ip){0};
    return original;
}

struct ip transparent_original(int fd, enum transparent_way way, const struct ip *local, uint16_t listening)
{
    switch (way) {
    case TRANSPARENT_WAY_REDIRECT:
        return before_translation(fd, local);
    case TRANSPARENT_WAY_TPROXY:
        if (local->port != listening || !is_ours(local))
            return *local;
        break;
    case TRANSPARENT_WAY_NONE:
        break;
    }
    return (struct ip){0};
}
