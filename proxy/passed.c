/* passed.c: listening sockets that a service manager opened and passed to us; which listener gets which is
 * left to doors.c. */
#include "passed.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/address.h"

#define FIRST_FD 3 /* sd_listen_fds(3) */
#define MOST     1000

/* The number in an environment variable; -1 when there is none. */
static long number_of(const char *variable)
{
    const char *s = getenv(variable);
    char *end;
    long n;

    if (s == NULL || *s < '0' || *s > '9')
        return -1;
    errno = 0;
    n = strtol(s, &end, 10);
    return *end == '\0' && errno == 0 ? n : -1;
}

static int option_of(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof(value);

    return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

static bool is_any(const struct ip *ip)
{
    static const uint8_t unspecified[16];

    return memcmp(ip->bytes, unspecified, sizeof(unspecified)) == 0;
}

/* Whoever made the socket need not have made it as net/bind.c would. */
static bool take(int fd, struct passed_socket *out)
{
    const int on = 1;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || option_of(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1 ||
        option_of(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return false;
    out->fd = fd;
    out->local = address_to_ip((struct sockaddr *)&address);
    if (out->local.family == 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return false;
    out->any_family =
        out->local.family == 6 && is_any(&out->local) && option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
}

/* The next of the names, which stand between colons. */
static struct span next_name(struct span *names)
{
    const char *colon = names->len != 0 ? memchr(names->ptr, ':', names->len) : NULL;
    struct span name = colon != NULL ? span_first(*names, (size_t)(colon - names->ptr)) : *names;

    *names = span_skip(*names, colon != NULL ? name.len + 1 : name.len);
    return name;
}

static bool take_all(struct passed *passed, size_t count, struct log *log)
{
    const char *given = getenv("LISTEN_FDNAMES");
    struct span names = span_str(given != NULL ? given : "");

    passed->sockets = mem_alloc(count * sizeof(*passed->sockets));
    for (size_t i = 0; i < count && passed->sockets != NULL; i++) {
        struct passed_socket *at = &passed->sockets[passed->count];
        struct span name = next_name(&names);
        int fd = FIRST_FD + (int)i;
        if (!take(fd, at)) {
            log_note(log, LOG_LEVEL_WARN, "start", "descriptor %d that was passed is no listening TCP socket",
                     fd);
            continue;
        }
        at->name = mem_copy(name);
        if (at->name == NULL)
            return false;
        passed->count++;
    }
    return passed->sockets != NULL;
}

bool passed_take(struct passed *passed, struct log *log)
{
    static const char *const variables[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    bool ours = number_of("LISTEN_PID") == (long)getpid();
    long count = number_of("LISTEN_FDS");
    bool taken = true;

    *passed = (struct passed){0};
    if (ours && count > 0)
        taken = take_all(passed, (size_t)(count < MOST ? count : MOST), log);
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        unsetenv(variables[i]);
    return taken;
}

static bool is_at(const struct passed_socket *at, const struct ip *local)
{
    if (at->local.port != local->port)
        return false;
    if (at->any_family && is_any(local))
        return true;
    return at->local.family == local->family &&
           memcmp(at->local.bytes, local->bytes, sizeof(local->bytes)) == 0;
}

static struct passed_socket *find(const struct passed *passed, const struct ip *local, const char *name)
{
    for (size_t i = 0; i < passed->count; i++)
        if (is_at(&passed->sockets[i], local))
            return &passed->sockets[i];
    for (size_t i = 0; i < passed->count; i++)
        if (strcmp(passed->sockets[i].name, name) == 0)
            return &passed->sockets[i];
    return NULL;
}

const struct passed_socket *passed_use(struct passed *passed, const struct ip *local, const char *name)
{
    struct passed_socket *found = find(passed, local, name);

    if (found != NULL)
        found->used = true;
    return found;
}

void passed_warn_unused(const struct passed *passed, struct log *log)
{
    for (size_t i = 0; i < passed->count; i++) {
        const struct passed_socket *at = &passed->sockets[i];
        char bytes[IP_TEXT_MAX] = {0};
        struct text text = TEXT(bytes);
        if (at->used)
            continue;
        ip_print(&text, &at->local);
        log_note(log, LOG_LEVEL_WARN, "listen", "no listener uses the socket %s that was passed, %s port %u",
                 at->name, bytes, at->local.port);
    }
}

void passed_free(struct passed *passed)
{
    for (size_t i = 0; i < passed->count; i++)
        mem_free(passed->sockets[i].name);
    mem_free(passed->sockets);
    *passed = (struct passed){0};
}
