/* sieve.h: looks for many patterns in a text that arrives in pieces of any size, as if it had arrived whole,
 * in one pass: a pattern is only looked for where a literal of it has been seen. What a match means is left
 * to others. */
#ifndef REGEX_SIEVE_H
#define REGEX_SIEVE_H

#include "filters/regex/scan.h"
#include "filters/regex/trigger.h"

/* Immutable once made: any number of threads may look with it. */
struct sieve;

struct sieve_options {
    enum trigger_engine engine;
    size_t window; /* octets that a match which is still open may make us keep */
};

/* The patterns must live as long as the sieve; the n-th is called n. No reach may exceed half of the window.
 * NULL: *error, static text, says why. */
struct sieve *sieve_new(const struct pattern *const *patterns, size_t count,
                        const struct sieve_options *options, const char **error);
/* NULL is a no-op. */
void sieve_free(struct sieve *sieve);
size_t sieve_count(const struct sieve *sieve);
/* Patterns that are looked for everywhere, as no literal gives them away. */
size_t sieve_continuous(const struct sieve *sieve);
/* Octets of memory: of the sieve, its patterns not counted; of each text under way, but for what is kept of
 * the text, which is at most the window and SIEVE_SLICE. */
size_t sieve_size(const struct sieve *sieve);
size_t sieve_scan_size(const struct sieve *sieve);

#define SIEVE_SLICE ((size_t)32 << 10) /* octets that are looked at in one go */

/* A pattern is settled in a text: it matches, or was given up. */
struct sieve_settled {
    size_t pattern;
    const char *limit; /* static text; NULL: it matches */
    struct span text;  /* of a match: what pattern_capture() is to be asked with, during the call only */
};

struct sieve_listener {
    /* True: the pattern is not looked for any more, in this text or another. */
    bool (*wanted)(void *arg, size_t pattern);
    void (*settled)(void *arg, const struct sieve_settled *settled);
    void *arg;
};

/* A text under way. */
struct sieve_scan;

/* NULL: no memory. */
struct sieve_scan *sieve_begin(const struct sieve *sieve);
/* The next piece of the text. Each pattern is told of at most once in a text, in no particular order. False
 * when memory is short: what has not been told of is not known. */
bool sieve_feed(struct sieve_scan *scan, struct span piece, const struct sieve_listener *listener);
/* The text is over, and another may begin. */
bool sieve_finish(struct sieve_scan *scan, const struct sieve_listener *listener);
/* NULL is a no-op. */
void sieve_end(struct sieve_scan *scan);

#endif
