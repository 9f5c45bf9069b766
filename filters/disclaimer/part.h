/* part.h: the text of one part, with the wording in it. Which part that is, and where in the message, is left
 * to disclaimer.c. */
#ifndef DISCLAIMER_PART_H
#define DISCLAIMER_PART_H

#include "filters/disclaimer/place.h"
#include "filters/disclaimer/writer.h"

/* What of a part is written again. */
enum source {
    SOURCE_RAW,   /* as it came: it has no transfer encoding */
    SOURCE_BYTES, /* decoded, to be encoded anew */
    SOURCE_TEXT   /* as UTF-8, likewise */
};

/* How a part is written. Zeroed, then the first members set. Embedded by value. */
struct part {
    struct span wording;
    enum source source;
    bool first; /* the wording goes to the start of a plain text */
    bool last;  /* nothing of the message comes behind: it ends in a line end */
    struct place place;
    struct writer writer;
    /* private */
    bool put;     /* the wording has been written */
    char tail[2]; /* the last two octets */
    size_t len;   /* octets, up to two */
};

/* -1: the new body takes no more. */
int part_begin(struct part *part, struct filter_ctx *ctx);
int part_write(struct part *part, struct filter_ctx *ctx, struct span text);
int part_end(struct part *part, struct filter_ctx *ctx);

#endif
