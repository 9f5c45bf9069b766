/* content_private.h: parameters as they are written, between the grammar (content.c) and what they come to
 * (content_value.c). Private to mail/. */
#ifndef MAIL_CONTENT_PRIVATE_H
#define MAIL_CONTENT_PRIVATE_H

#include "mail/content.h"

#define CONTENT_WHOLE UINT32_MAX /* not continued */

/* All of a parameter, or a section of one (RFC 2231 3). */
struct content_piece {
    struct span name; /* without the stars */
    struct span raw;  /* the value with its quotes and escapes */
    uint32_t section; /* its number, or CONTENT_WHOLE */
    bool extended;    /* a star at the end: percent-encoded */
};

/* Adds one parameter to out for each reading that the pieces allow. */
void content_join(const struct content_piece *pieces, unsigned count, struct content *out, struct text *to);

#endif
