/* scan.h: looks for one pattern in a text that is there as a whole. Texts in pieces, and many patterns at
 * once, are left to sieve.h; what a match means to others. */
#ifndef REGEX_SCAN_H
#define REGEX_SCAN_H

#include "filters/regex/pattern.h"

enum scan_result {
    SCAN_MORE,  /* not yet known */
    SCAN_NONE,  /* the text does not match, whatever follows */
    SCAN_MATCH, /* it matches, whatever follows */
    SCAN_LIMIT  /* given up: a limit says what was exceeded */
};

/* Never MORE. *limit: static text, left alone unless LIMIT. */
enum scan_result scan_whole(const struct pattern *pattern, struct span text, const char **limit);

#endif
