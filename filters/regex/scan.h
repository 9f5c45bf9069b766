/* scan.h: looks for one pattern in a text that arrives in pieces of any size, as if it had arrived whole.
 * What a match means is left to regex.c. */
#ifndef REGEX_SCAN_H
#define REGEX_SCAN_H

#include "filters/regex/pattern.h"

enum scan_result {
    SCAN_MORE,  /* not yet known */
    SCAN_NONE,  /* the text does not match, whatever follows */
    SCAN_MATCH, /* it matches, whatever follows */
    SCAN_LIMIT  /* given up: scan->limit says what was exceeded */
};

/* Embedded by value. Zeroed, then pattern and window set; scan_free() at the end. */
struct scan {
    const struct pattern *pattern;
    size_t window;           /* octets that a match which is still open may make us keep */
    const char *limit;       /* static text */
    enum scan_result result; /* once not MORE, it stays */
    /* private */
    bool continues; /* octets before the carry were let go */
    char *carry;    /* the tail of what was seen: the context of `start`, and what may begin a match */
    size_t used;    /* octets in it */
    size_t size;    /* octets of memory */
    size_t start;   /* the first octet in it at which a match may still start */
    size_t due;     /* the number of octets at which another look is worth it */
};

/* The next piece of the text. */
enum scan_result scan_feed(struct scan *scan, struct span piece);
/* The text is over; never MORE. */
enum scan_result scan_finish(struct scan *scan);
/* Frees what the scan holds; its result stays. */
void scan_free(struct scan *scan);
/* A text that is there as a whole; *limit as in struct scan, may be left alone. */
enum scan_result scan_whole(const struct pattern *pattern, struct span text, const char **limit);

#endif
