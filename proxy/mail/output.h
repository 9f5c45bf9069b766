/* output.h: where the octets go that a step makes. Private to mail/. */
#ifndef MAIL_OUTPUT_H
#define MAIL_OUTPUT_H

#include "postern/span.h"

struct output {
    char *at, *end;
};

static inline bool output_room(const struct output *out, size_t octets)
{
    return (size_t)(out->end - out->at) >= octets;
}

/* There is room. */
static inline void output_put(struct output *out, unsigned octet)
{
    *out->at++ = (char)octet;
}

#endif
