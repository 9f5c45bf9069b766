/* literal.h: texts without which a regular expression does not match, and where they stand in a match.
 * Looking for them is left to trigger.h. */
#ifndef REGEX_LITERAL_H
#define REGEX_LITERAL_H

#include <stdint.h>

#include "postern/span.h"

#define LITERAL_MIN   3   /* octets that are worth looking for */
#define LITERAL_MAX   24  /* octets of one */
#define LITERALS_MAX  32  /* of one expression */
#define LITERAL_REACH 256 /* octets from where a match starts to where its literal ends, at most */

struct literal {
    char octets[LITERAL_MAX];
    uint8_t len;
    bool caseless;      /* letters of ASCII in either case */
    uint16_t near, far; /* its last octet is the near-th to the far-th of a match */
};

/* Every match of the expression, which compiles, holds one of these. utf, caseless: as in pattern.h. 0: there
 * are none that are long enough and near enough to where matches start, or the expression is beyond this
 * reader. */
size_t literals_of(const char *source, bool utf, bool caseless, struct literal out[LITERALS_MAX]);

#endif
