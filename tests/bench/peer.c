/* peer.c: sockets, clock and limits shared by the load generator and the sink. */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

_Noreturn void peer_die(const char *format, ...)
{
    int reason = errno;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (reason != 0)
        fprintf(stderr, ": %s", strerror(reason));
    fputc('\n', stderr);
    exit(2);
}

struct sockaddr_in peer_address(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : sizeof(host);
    errno = 0;
    if (length >= sizeof(host))
        peer_die("%s: an address is written 127.0.0.1:2525", text);
    memcpy(host, text, length);
    host[length] = '\0';
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        peer_die("%s: an address is written 127.0.0.1:2525", text);
    address.sin_port = htons((uint16_t)peer_number("port", colon + 1, 0, UINT16_MAX));
    return address;
}

size_t peer_number(const char *option, const char *text, size_t least, size_t most)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || errno != 0 || number < least || number > most) {
        errno = 0;
        peer_die("%s: %s is not a number in %zu..%zu", option, text, least, most);
    }
    return number;
}

int peer_listen(struct sockaddr_in *address)
{
    int one = 1;
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, (const struct sockaddr *)address, length) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &length) != 0)
        peer_die("listen");
    return fd;
}

int peer_connect(const struct sockaddr_in *to, in_addr_t source)
{
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    peer_tcp_on(fd, TCP_NODELAY);
    bool bound =
        source == 0 || (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) == 0 &&
                        bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0);
    if (bound && (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 || errno == EINPROGRESS))
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

void peer_tcp_on(int fd, int option)
{
    int one = 1;
    if (setsockopt(fd, IPPROTO_TCP, option, &one, sizeof(one)) != 0)
        peer_die("setsockopt");
}

int peer_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        peer_die("sigprocmask");
    int fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        peer_die("signalfd");
    return fd;
}

uint64_t peer_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void peer_raise_files(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        peer_die("getrlimit");
    struct rlimit beyond = {.rlim_cur = wanted, .rlim_max = wanted};
    if (limit.rlim_max < wanted && setrlimit(RLIMIT_NOFILE, &beyond) == 0)
        return; /* the privileged may */
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        peer_die("setrlimit");
    errno = 0;
    if (limit.rlim_cur < wanted)
        peer_die("%zu open files are needed, %zu are allowed", wanted, (size_t)limit.rlim_cur);
}
