/* upstreams.c: how strict and lax servers read a message, octet by octet. */
#include "upstreams.h"

#include <assert.h>

#define INPUT_MOST 2048

const struct upstream upstreams[UPSTREAMS] = {
    {"strict", 0},
    {"LF.LF ends", UPSTREAM_LF},
    {"LF.CRLF ends", UPSTREAM_LF | UPSTREAM_DOT_CRLF},
    {"trailing CRs dropped", UPSTREAM_TRAILING_CR},
    {"bare CR ends lines", UPSTREAM_CR},
    {"trailing blanks dropped", UPSTREAM_TRAILING_BLANK},
    {"NUL dropped", UPSTREAM_NUL},
    {"all of it", UPSTREAM_LF | UPSTREAM_CR | UPSTREAM_TRAILING_CR | UPSTREAM_TRAILING_BLANK | UPSTREAM_NUL},
};

/* Octets of the line end at the front of rest; 0: none. */
static size_t line_end(const struct upstream *upstream, struct span rest)
{
    if (rest.len >= 2 && rest.ptr[0] == '\r' && rest.ptr[1] == '\n')
        return 2;
    return (rest.ptr[0] == '\n' && (upstream->takes & UPSTREAM_LF) != 0) ||
           (rest.ptr[0] == '\r' && (upstream->takes & UPSTREAM_CR) != 0);
}

/* Whether a line of n octets, to which an end of `end` octets belongs, ends the message. */
static bool is_end(const struct upstream *upstream, const char *line, size_t n, size_t end)
{
    while (n != 0 && ((line[n - 1] == '\r' && (upstream->takes & UPSTREAM_TRAILING_CR) != 0) ||
                      (line[n - 1] == ' ' && (upstream->takes & UPSTREAM_TRAILING_BLANK) != 0)))
        n--;
    return n == 1 && line[0] == '.' && (end == 2 || (upstream->takes & UPSTREAM_DOT_CRLF) == 0);
}

size_t upstream_read(const struct upstream *upstream, struct span input, char *content, size_t *len)
{
    size_t start = 0, n = 0, end;

    for (size_t at = 0; at < input.len; at += end != 0 ? end : 1) {
        end = line_end(upstream, span_skip(input, at));
        if (end == 0 && input.ptr[at] == '\0' && (upstream->takes & UPSTREAM_NUL) != 0)
            continue;
        if (end == 0) {
            content[n++] = input.ptr[at];
            continue;
        }
        if (is_end(upstream, content + start, n - start, end)) {
            *len = start;
            return at + end;
        }
        if (n > start && content[start] == '.')
            memmove(content + start, content + start + 1, --n - start);
        content[n++] = '\r';
        content[n++] = '\n';
        start = n;
    }
    return 0;
}

const char *upstreams_dissenter(struct span input, size_t end, struct span content)
{
    char read[INPUT_MOST + 2];

    assert(input.len <= INPUT_MOST);
    for (size_t i = 0; i < UPSTREAMS; i++) {
        size_t len = 0;
        if (upstream_read(&upstreams[i], input, read, &len) != end ||
            (end != 0 && !span_eq(span_of(read, len), content)))
            return upstreams[i].name;
    }
    return NULL;
}
