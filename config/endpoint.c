/* endpoint.c: splits "host:port"; which hosts make sense is left to check.c. */
#include "config/endpoint.h"

#include "base/ip.h"
#include "config/value.h"

static bool read_port(struct span s, int64_t *out)
{
    return value_int(s, out) == VALUE_OK && *out >= 1 && *out <= ENDPOINT_PORT_MAX;
}

/* [v6] or [v6]:port */
static bool read_bracketed(struct span s, struct endpoint *out)
{
    const char *end = memchr(s.ptr, ']', s.len);
    struct span rest;
    struct ip ip;

    if (end == NULL)
        return false;
    out->host = span_of(s.ptr + 1, (size_t)(end - s.ptr) - 1);
    rest = span_skip(s, out->host.len + 2);
    if (!ip_parse(out->host, &ip) || memchr(out->host.ptr, ':', out->host.len) == NULL)
        return false;
    return rest.len == 0 || (rest.ptr[0] == ':' && read_port(span_skip(rest, 1), &out->port));
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

bool endpoint_parse(struct span s, struct endpoint *out)
{
    const char *colon = s.len > 0 ? memchr(s.ptr, ':', s.len) : NULL;
    struct ip ip;

    *out = (struct endpoint){{NULL, 0}, 0};
    if (s.len == 0)
        return false;
    if (s.ptr[0] == '[')
        return read_bracketed(s, out);
    if (all_digits(s))
        return read_port(s, &out->port);
    if (colon == NULL || ip_parse(s, &ip)) {
        out->host = s;
        return true;
    }
    if (colon > s.ptr)
        out->host = span_of(s.ptr, (size_t)(colon - s.ptr));
    return read_port(span_skip(s, (size_t)(colon - s.ptr) + 1), &out->port);
}
