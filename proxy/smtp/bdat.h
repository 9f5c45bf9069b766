/* bdat.h: the argument of BDAT (RFC 3030 2). Counting the octets is left to session/body. */
#ifndef SMTP_BDAT_H
#define SMTP_BDAT_H

#include <stdint.h>

#include "postern/span.h"

struct bdat {
    uint64_t size; /* octets of the chunk */
    bool last;
};

/* "chunk-size [SP LAST]": decimal digits only, at most 2^63 - 1. 0, or -1 when malformed. */
int bdat_parse(struct span arguments, struct bdat *out);

#endif
