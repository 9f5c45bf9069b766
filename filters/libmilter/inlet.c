/* inlet.c: reads the string of smfi_setconn(). */
#include "filters/libmilter/inlet.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 256 /* a name of RFC 1035 2.3.4, and its NUL */

static const char *parse_path(const char *path, struct inlet *out)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len == 0)
        return "the path is empty";
    if (len >= sizeof(local.sun_path))
        return "the path is too long";
    memcpy(local.sun_path, path, len);
    memcpy(&out->address, &local, sizeof(local));
    out->len = sizeof(local);
    return NULL;
}

static const char *parse_number(const char *text, long max, long *out)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\0' || number < 0 || number > max)
        return "the number is none, or too large";
    *out = number;
    return NULL;
}

static const char *parse_inherited(const char *text, struct inlet *out)
{
    long fd = 0;
    const char *error = parse_number(text, INT16_MAX, &fd);

    out->inherited = (int)fd;
    return error;
}

/* "[192.0.2.1]" is an address, whatever it is a name of. */
static bool strip_brackets(char *host)
{
    size_t len = strlen(host);

    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return false;
    memmove(host, host + 1, len - 2);
    host[len - 2] = '\0';
    return true;
}

static const char *look_up(const char *host, const char *port, struct addrinfo *hints, struct inlet *out)
{
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, hints, &found);

    if (error != 0)
        return gai_strerror(error);
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

static const char *parse_inet(const char *text, int family, struct inlet *out)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const char *at = strchr(text, '@');
    size_t port_len = at != NULL ? (size_t)(at - text) : strlen(text);
    char port[64], host[HOST_MAX];
    long number;

    if (port_len == 0 || port_len >= sizeof(port))
        return "the port is missing, or no name of one";
    memcpy(port, text, port_len);
    port[port_len] = '\0';
    if (port[0] >= '0' && port[0] <= '9' && parse_number(port, UINT16_MAX, &number) != NULL)
        return "the port is no number up to 65535";
    if (at == NULL)
        return look_up(NULL, port, &hints, out);
    if (at[1] == '\0' || strlen(at + 1) >= sizeof(host))
        return "the host is missing, or its name too long";
    memcpy(host, at + 1, strlen(at + 1) + 1);
    if (strip_brackets(host))
        hints.ai_flags |= AI_NUMERICHOST;
    return look_up(host, port, &hints, out);
}

const char *inlet_parse(const char *conn, struct inlet *out)
{
    const char *colon = strchr(conn, ':'), *rest = colon != NULL ? colon + 1 : conn;
    size_t len = colon != NULL ? (size_t)(colon - conn) : 0;

    *out = (struct inlet){.inherited = -1};
    if (len == 0 || (len == 4 && strncasecmp(conn, "unix", 4) == 0) ||
        (len == 5 && strncasecmp(conn, "local", 5) == 0))
        return parse_path(rest, out);
    if (len == 4 && strncasecmp(conn, "inet", 4) == 0)
        return parse_inet(rest, AF_INET, out);
    if (len == 5 && strncasecmp(conn, "inet6", 5) == 0)
        return parse_inet(rest, AF_INET6, out);
    if (len == 2 && strncasecmp(conn, "fd", 2) == 0)
        return parse_inherited(rest, out);
    return "the type of socket is unknown";
}
