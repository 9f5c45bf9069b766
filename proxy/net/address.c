/* address.c: struct ip to socket address and back; names are left to dial.c and bind.c. */
#include "net/address.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

socklen_t address_of_ip(const struct ip *ip, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (ip->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(ip->port);
        memcpy(&v4->sin_addr, ip->bytes, 4);
        return sizeof(*v4);
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    assert(ip->family == 6);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(ip->port);
    memcpy(&v6->sin6_addr, ip->bytes, 16);
    return sizeof(*v6);
}

struct ip address_to_ip(const struct sockaddr *from)
{
    struct ip ip = {0};

    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        ip.family = 4;
        ip.port = ntohs(v4->sin_port);
        memcpy(ip.bytes, &v4->sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        ip.family = mapped ? 4 : 6;
        ip.port = ntohs(v6->sin6_port);
        memcpy(ip.bytes, v6->sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
    }
    return ip;
}
