/* address.c: the spellings of a milter's address. */
#include "filters/milter/address.h"

#include <stdio.h>

#include "postern/filter_io.h"

/* True when s begins with prefix; *rest is then what follows it. */
static bool begins(struct span s, struct span prefix, struct span *rest)
{
    if (!span_starts_nocase(s, prefix))
        return false;
    *rest = span_skip(s, prefix.len);
    return true;
}

/* port "@" host */
static bool print_host(struct span s, char *to, size_t size)
{
    const char *at = s.len != 0 ? memchr(s.ptr, '@', s.len) : NULL;
    struct span port, host;
    bool bare;

    if (at == NULL)
        return false;
    port = span_of(s.ptr, (size_t)(at - s.ptr));
    host = span_skip(s, port.len + 1);
    bare = host.len != 0 && host.ptr[0] != '[' && memchr(host.ptr, ':', host.len) != NULL;
    int n = snprintf(to, size, bare ? "[%.*s]:%.*s" : "%.*s:%.*s", (int)host.len, host.ptr, (int)port.len,
                     port.ptr);
    return n > 0 && (size_t)n < size;
}

bool milter_address(const char *written, char *to, size_t size)
{
    struct span s = span_str(written), rest;
    bool is_host = begins(s, SPAN("inet:"), &rest) || begins(s, SPAN("inet6:"), &rest);
    int n;

    if (is_host && memchr(rest.ptr, '@', rest.len) != NULL)
        return print_host(rest, to, size) && filter_channel_address(to);
    if (begins(s, SPAN("local:"), &rest))
        n = snprintf(to, size, "unix:%.*s", (int)rest.len, rest.ptr);
    else
        n = snprintf(to, size, "%s", written);
    return n > 0 && (size_t)n < size && filter_channel_address(to);
}
