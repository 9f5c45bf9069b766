/* every.h: every string over the octets that matter to line ends and dots, one after the other. */
#ifndef SMUGGLE_EVERY_H
#define SMUGGLE_EVERY_H

#include <stdint.h>

#include "postern/span.h"

#define EVERY_MOST 15 /* octets */

/* Zeroed: the empty string. */
struct every {
    char bytes[EVERY_MOST];
    unsigned char digits[EVERY_MOST];
    size_t len;
};

static inline struct span every_span(const struct every *every)
{
    return span_of(every->bytes, every->len);
}

/* The next one, shorter ones first; false: there is none of up to `most` octets. */
static inline bool every_next(struct every *every, size_t most)
{
    static const char octets[] = {'\r', '\n', '.', 'x', '\0', ' '};
    size_t i = 0;

    while (i < every->len && every->digits[i] == sizeof(octets) - 1) {
        every->digits[i] = 0;
        every->bytes[i++] = octets[0];
    }
    if (i < every->len) {
        every->bytes[i] = octets[++every->digits[i]];
        return true;
    }
    if (every->len == most)
        return false;
    every->bytes[every->len++] = octets[0];
    return true;
}

#endif
