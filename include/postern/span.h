/* span.h: a pointer and a length; owns nothing, ends nowhere. What the bytes mean is left to others. */
#ifndef POSTERN_SPAN_H
#define POSTERN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes that somebody else owns. A span is valid as long as its owner says; {NULL, 0} is "absent". */
struct span {
    const char *ptr;
    size_t len;
};

/* The span of a string literal. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

static inline struct span span_of(const char *ptr, size_t len)
{
    return (struct span){ptr, len};
}

/* The span of a C string; NULL gives the absent span. */
static inline struct span span_str(const char *s)
{
    return (struct span){s, s != NULL ? strlen(s) : 0};
}

/* What follows the first n bytes; n must not exceed the length. */
static inline struct span span_skip(struct span s, size_t n)
{
    return (struct span){s.ptr + n, s.len - n};
}

static inline struct span span_first(struct span s, size_t n)
{
    return (struct span){s.ptr, n < s.len ? n : s.len};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char span_lower_byte(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return c;
}

/* Equality without regard to ASCII case, as SMTP verbs, keywords and domains compare (RFC 5321 2.4). */
static inline bool span_eq_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (span_lower_byte(a.ptr[i]) != span_lower_byte(b.ptr[i]))
            return false;
    return true;
}

/* True when s begins with prefix, without regard to ASCII case. */
static inline bool span_starts_nocase(struct span s, struct span prefix)
{
    return s.len >= prefix.len && span_eq_nocase(span_first(s, prefix.len), prefix);
}

/* s without leading and trailing spaces and tabs. */
static inline struct span span_trim(struct span s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_skip(s, 1);
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

#endif
