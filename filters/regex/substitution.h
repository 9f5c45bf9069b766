/* substitution.h: one line of a table of regular expressions, "/pattern/ replacement", as mail servers have
 * them. What is held against it, and what becomes of the replacement, is left to each filter. */
#ifndef REGEX_SUBSTITUTION_H
#define REGEX_SUBSTITUTION_H

#include "postern/span.h"

/* Immutable once made: any number of threads may use it. */
struct substitution;

#define SUBSTITUTION_ERROR 256 /* octets of what is wrong with one */

/* True when a line is meant to be one: it begins with a slash. */
static inline bool substitution_is(const char *line)
{
    return line[0] == '/';
}

/* "/pattern/ replacement" or "/pattern/i replacement". A slash within the pattern stands behind a backslash.
 * Upper and lower case are alike, unless there is an i. $1 to $9, ${10}, ${name} in the replacement stand for
 * what the group matched, $$ for a dollar sign. NULL: error says why. The caller frees it with
 * substitution_free(). */
struct substitution *substitution_new(const char *line, char error[SUBSTITUTION_ERROR]);
/* The same of a pattern and a replacement that stand by themselves; upper and lower case differ. */
struct substitution *substitution_of(const char *pattern, const char *target, char error[SUBSTITUTION_ERROR]);
/* NULL is a no-op. */
void substitution_free(struct substitution *substitution);

/* The replacement as written. */
struct span substitution_target(const struct substitution *substitution);

enum substitution_result {
    SUBSTITUTION_NONE, /* the pattern does not match */
    SUBSTITUTION_DONE,
    SUBSTITUTION_LIMIT /* given up: the pattern takes too long, the result is longer than `size`, no memory */
};

/* What comes of the text, all of it: the replacement, its references filled in. */
enum substitution_result substitution_apply(const struct substitution *substitution, struct span text,
                                            char *out, size_t size, size_t *len);

#endif
