/* pattern.h: one compiled regular expression and one attempt to find it in a span. What spans are cut from is
 * left to scan.c. */
#ifndef REGEX_PATTERN_H
#define REGEX_PATTERN_H

#include <stdint.h>

#include "postern/span.h"

/* Immutable once made: any number of threads may look with the same pattern. */
struct pattern;

/* What one look may spend, and how the pattern is read. */
struct pattern_options {
    uint32_t match; /* steps of matching */
    uint32_t depth; /* nested backtracking points; interpreter only */
    uint32_t heap;  /* KiB of backtracking memory; interpreter only */
    bool utf;       /* pattern and text are UTF-8; an octet of the text that is not is seen as SUB (U+001A) */
    bool caseless;  /* upper and lower case are alike */
    bool jit;       /* compile to machine code where the system allows it */
};

struct pattern_error {
    char message[256];
    size_t offset; /* octets into the pattern */
};

/* Compiles a NUL-terminated pattern. A line of text ends in CRLF (RFC 5321 2.3.8): that is what ^ and $ of a
 * multi-line pattern and the dot go by; ^ then also matches behind the last CRLF of the text. Items whose
 * meaning would depend on how the text is cut into pieces are errors. NULL: *error says why. The caller frees
 * it with pattern_free(). */
struct pattern *pattern_new(const char *source, const struct pattern_options *options,
                            struct pattern_error *error);
/* NULL is a no-op. */
void pattern_free(struct pattern *pattern);

/* The expression as it was given, and how it is read. Valid as long as the pattern. */
const char *pattern_source(const struct pattern *pattern);
bool pattern_utf(const struct pattern *pattern);
bool pattern_caseless(const struct pattern *pattern);
/* Octets before the point where a match starts that may have a say in it. Never 0. */
size_t pattern_reach(const struct pattern *pattern);
/* True when a match can only start where the text starts. */
bool pattern_anchored(const struct pattern *pattern);

enum pattern_result {
    PATTERN_ABSENT, /* no match starts in the text, or none before `start` while more is to come */
    PATTERN_OPEN,   /* what follows the text decides about a match that starts at `start` */
    PATTERN_FOUND,
    PATTERN_LIMIT /* given up: `limit` says what was exceeded */
};

struct pattern_outcome {
    enum pattern_result result;
    size_t start;      /* ABSENT, OPEN: the first octet of the text at which a match may still start */
    const char *limit; /* LIMIT: static text */
};

#define PATTERN_CONTINUES 1u       /* something precedes the text: its start is not the start */
#define PATTERN_MORE      2u       /* something may follow the text: its end is not the end */
#define PATTERN_ANYWHERE  SIZE_MAX /* as `last` */

/* Looks for the first match that starts from octet `start` on, and no later than `last`. With
 * PATTERN_CONTINUES, at least pattern_reach() octets precede `start`. For a pattern over characters the text
 * is well-formed UTF-8: see utf8_read(). */
struct pattern_outcome pattern_look(const struct pattern *pattern, struct span text, size_t start,
                                    size_t last, unsigned flags);

/* Named groups: the n-th name, from 0, or NULL; a name may come more than once. True when the pattern has one
 * of that name. */
const char *pattern_name(const struct pattern *pattern, unsigned n);
bool pattern_names(const struct pattern *pattern, const char *name);
/* What the group held in the match that the thread's last look FOUND with this pattern in this text; absent
 * when it took no part. */
struct span pattern_capture(const struct pattern *pattern, struct span text, const char *name);
/* Likewise the match itself. */
struct span pattern_match(struct span text);

#endif
