/* section.h: the header section of a part, written with another charset or transfer encoding. */
#ifndef DISCLAIMER_SECTION_H
#define DISCLAIMER_SECTION_H

#include "filters/disclaimer/writer.h"

/* What is said of a part that is written in another way than it came. */
struct said {
    char type[64]; /* the value of Content-Type; empty: as it was */
    enum encoding encoding;
};

/* Of Content-Transfer-Encoding. */
struct span section_encoding(const struct said *said);
/* Fills said->type: text/subtype in UTF-8. flowed: the value that was there says format=flowed (RFC 3676). */
void section_type(struct said *said, struct span subtype, bool flowed);
/* section: with the blank line at its end. Every other field stays as it is. -1: it has no such line, or the
 * new body takes no more. */
int section_write(struct filter_ctx *ctx, struct span section, const struct said *said);

#endif
