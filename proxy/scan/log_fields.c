/* log_fields.c: takes a line of the log apart again; what the fields mean is left to finding.c. */
#include "scan/log_fields.h"

static void keep(struct text *value, char c)
{
    if (value->len < value->size)
        value->ptr[value->len++] = c;
}

/* The octet of two hexadecimal digits as the log writes them; false: they are none. */
static bool octet_of(const char *digits, char *octet)
{
    unsigned value = 0;

    for (size_t i = 0; i < 2; i++) {
        char c = digits[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *octet = (char)value;
    return true;
}

/* What a backslash stands before: itself, a quote, or the two digits of an octet. The octets read. */
static size_t unescape(struct span s, struct text *value)
{
    char octet;

    if (s.len >= 3 && s.ptr[0] == 'x' && octet_of(s.ptr + 1, &octet)) {
        keep(value, octet);
        return 3;
    }
    if (s.len != 0)
        keep(value, s.ptr[0]);
    return s.len != 0 ? 1 : 0;
}

/* Behind the opening quote; false: there is no closing one. */
static bool take_quoted(struct span *line, struct text *value)
{
    while (line->len != 0 && line->ptr[0] != '"') {
        char c = line->ptr[0];
        *line = span_skip(*line, 1);
        if (c == '\\')
            *line = span_skip(*line, unescape(*line, value));
        else
            keep(value, c);
    }
    if (line->len == 0)
        return false;
    *line = span_skip(*line, 1);
    return true;
}

static bool ends_value(char c)
{
    return c == ' ' || c == '\n';
}

bool log_fields_next(struct span *line, struct span *key, struct text *value)
{
    const char *equals;

    while (line->len != 0 && ends_value(line->ptr[0]))
        *line = span_skip(*line, 1);
    equals = line->len != 0 ? memchr(line->ptr, '=', line->len) : NULL;
    if (equals == NULL)
        return false;
    *key = span_first(*line, (size_t)(equals - line->ptr));
    *line = span_skip(*line, key->len + 1);
    value->len = 0;
    if (line->len != 0 && line->ptr[0] == '"') {
        *line = span_skip(*line, 1);
        return take_quoted(line, value);
    }
    while (line->len != 0 && !ends_value(line->ptr[0])) {
        keep(value, line->ptr[0]);
        *line = span_skip(*line, 1);
    }
    return true;
}
