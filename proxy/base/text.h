/* text.h: composes a bounded piece of text in memory the caller lends. Meaning is left to the caller. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/span.h"

/* Embedded by value. Once something did not fit, `cut` stays true and nothing more is taken. Not
 * NUL-terminated. */
struct text {
    char *ptr;
    size_t len;
    size_t size;
    bool cut;
};

/* A text over an array on the stack or in a struct. */
#define TEXT(array) ((struct text){(array), 0, sizeof(array), false})

static inline struct span text_span(const struct text *text)
{
    return (struct span){text->ptr, text->len};
}

void text_add(struct text *text, struct span s);
void text_char(struct text *text, char c);
void text_number(struct text *text, uint64_t n);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_formatv(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* As text_add(), with every octet outside printable ASCII and tab replaced by '?'; UTF-8 (>= 0x80) passes
 * when `utf8`. For untrusted bytes that go into a reply or a header (one line, no CR, LF, NUL). */
void text_add_safe(struct text *text, struct span s, bool utf8);

#endif
