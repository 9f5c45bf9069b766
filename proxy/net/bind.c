/* bind.c: opens a listening socket; accepting is left to listener.c. */
#include "net/bind.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"

int bind_address(const char *host, uint16_t port, struct ip *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    bool any = host == NULL || strcmp(host, "*") == 0;

    if (!any && ip_parse(span_str(host), out)) {
        out->port = port;
        return 0;
    }
    hints.ai_family = any ? AF_INET : AF_UNSPEC;
    if (getaddrinfo(any ? NULL : host, "0", &hints, &list) != 0)
        return -ENOENT;
    *out = address_to_ip(list->ai_addr);
    out->port = port;
    freeaddrinfo(list);
    return 0;
}

/* Accepted sockets inherit TCP_NODELAY, which saves a system call for each of them. */
static int set_options(int fd, const struct ip *ip)
{
    const int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        return -errno;
    if (ip->family == 6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
        return -errno;
    return 0;
}

static int begin(int fd, int backlog, struct ip *local)
{
    struct sockaddr_storage address;
    socklen_t len = address_of_ip(local, &address);
    int error = set_options(fd, local);

    if (error != 0)
        return error;
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, backlog) != 0)
        return -errno;
    len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -errno;
    *local = address_to_ip((struct sockaddr *)&address);
    return 0;
}

int bind_open(const char *host, uint16_t port, int backlog, struct ip *local)
{
    int fd;
    int error = bind_address(host, port, local);

    if (error != 0)
        return error;
    fd = socket(local->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    error = begin(fd, backlog, local);
    if (error != 0) {
        close(fd);
        return error;
    }
    return fd;
}
