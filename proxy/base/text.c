/* text.c: bounded text in lent memory; meaning is left to the caller. */
#include "base/text.h"

#include <stdio.h>

void text_add(struct text *text, struct span s)
{
    if (text->cut || s.len > text->size - text->len) {
        text->cut = true;
        return;
    }
    if (s.len != 0)
        memcpy(text->ptr + text->len, s.ptr, s.len);
    text->len += s.len;
}

void text_char(struct text *text, char c)
{
    text_add(text, span_of(&c, 1));
}

void text_number(struct text *text, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    text_add(text, span_of(digits + at, sizeof(digits) - at));
}

void text_formatv(struct text *text, const char *format, va_list args)
{
    size_t room = text->size - text->len;
    int n = text->cut ? -1 : vsnprintf(text->ptr + text->len, room, format, args);

    /* vsnprintf needs one octet for a NUL that is not part of the text. */
    if (n < 0 || (size_t)n >= room) {
        text->cut = true;
        return;
    }
    text->len += (size_t)n;
}

void text_format(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_formatv(text, format, args);
    va_end(args);
}

static bool safe(char byte, bool utf8)
{
    unsigned char c = (unsigned char)byte;

    return (c >= 0x20 && c < 0x7f) || (utf8 && c >= 0x80) || c == '\t';
}

void text_add_safe(struct text *text, struct span s, bool utf8)
{
    /* Nearly all of it is safe nearly always: it is taken in runs. */
    while (s.len != 0) {
        size_t n = 0, room = text->size - text->len;
        while (n < s.len && n < room && safe(s.ptr[n], utf8))
            n++;
        text_add(text, span_first(s, n));
        s = span_skip(s, n);
        if (s.len == 0)
            break;
        text_char(text, '?');
        s = span_skip(s, 1);
    }
}
