/* utf8.h: where the UTF-8 characters of a text are, and a text in which there is nothing else. What the
 * characters mean is left to others. */
#ifndef REGEX_UTF8_H
#define REGEX_UTF8_H

#include "postern/span.h"

/* The octets of the text without a last character that is only begun. */
size_t utf8_whole(struct span text);
/* True when the text is well-formed (RFC 3629 4). */
bool utf8_valid(struct span text);
/* Copies the text to out, which has room for it. Each octet that is no part of a character becomes SUB
 * (U+001A), so that nothing moves. */
void utf8_mend(struct span text, char *out);

/* A text as patterns over characters are shown it. Embedded by value; zeroed at first. */
struct utf8_text {
    struct span text; /* well-formed; octet n is octet n + skipped of what was given */
    size_t skipped;   /* octets at its start that belong to a character before it, at most three */
    char *mended;     /* memory of the copy, where there had to be one */
    size_t size;
};

/* Reads a text; continues, more: something precedes it, may follow it. False when memory is short. */
bool utf8_read(struct utf8_text *out, struct span text, bool continues, bool more);
void utf8_free(struct utf8_text *text);

#endif
