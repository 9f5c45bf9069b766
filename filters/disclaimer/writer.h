/* writer.h: octets of a part into the new body, in the part's transfer encoding. Which octets is left to
 * others. */
#ifndef DISCLAIMER_WRITER_H
#define DISCLAIMER_WRITER_H

#include "postern/filter.h"

enum encoding { ENCODING_IDENTITY, ENCODING_QUOTED_PRINTABLE, ENCODING_BASE64 };

/* Zeroed, then encoding set, at the start of each part. Embedded by value. */
struct writer {
    enum encoding encoding;
    /* private */
    unsigned column;        /* of the encoded line */
    unsigned char group[3]; /* base64: octets that are no group yet; quoted-printable: one that what follows
                               decides about */
    unsigned grouped;
    size_t used;
    char out[1024];
};

/* -1: the new body takes no more. */
int writer_put(struct writer *writer, struct filter_ctx *ctx, struct span octets);
/* The part ends, without a line end behind it. */
int writer_end(struct writer *writer, struct filter_ctx *ctx);

#endif
