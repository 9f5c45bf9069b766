/* filters_regex_sieve.h: patterns, sieves of each engine, and what they tell, for tests. */
#ifndef FILTERS_REGEX_SIEVE_H
#define FILTERS_REGEX_SIEVE_H

#include "test.h"

#include "filters/regex/sieve.h"

enum { WINDOW = 64 << 10 };

static const struct pattern_options usual = {
    .match = 1000000, .depth = 100000, .heap = 20 * 1024, .jit = true};

static const enum trigger_engine engines[] = {TRIGGER_VECTORSCAN, TRIGGER_TABLE, TRIGGER_NONE};
static const char *const engine_names[] = {
    [TRIGGER_VECTORSCAN] = "vectorscan", [TRIGGER_TABLE] = "table", [TRIGGER_NONE] = "none"};
enum { ENGINES = 3 };

static uint64_t random_state = 88172645463325252u;

static inline size_t random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % n);
}

static inline struct pattern *make(const char *source, bool utf, bool jit)
{
    struct pattern_error error;
    struct pattern_options options = usual;
    options.utf = utf;
    options.jit = jit;
    struct pattern *pattern = pattern_new(source, &options, &error);
    if (pattern == NULL)
        fprintf(stderr, "%s: %s at %zu\n", source, error.message, error.offset);
    CHECK(pattern != NULL);
    return pattern;
}

static inline struct sieve *make_sieve(struct pattern *const *patterns, size_t count,
                                       enum trigger_engine engine, size_t window)
{
    struct sieve_options options = {engine, window};
    const char *error = NULL;
    struct sieve *sieve = sieve_new((const struct pattern *const *)patterns, count, &options, &error);
    if (sieve == NULL)
        fprintf(stderr, "%s\n", error);
    CHECK(sieve != NULL);
    return sieve;
}

/* --- what a sieve tells ------------------------------------------------------------------------------------
 */
enum { PATTERNS_MOST = 1000, CAPTURE_MOST = 64 };

struct told {
    struct pattern *const *patterns;
    enum scan_result results[PATTERNS_MOST];
    const char *limits[PATTERNS_MOST];
    char captures[PATTERNS_MOST][CAPTURE_MOST]; /* of the group "n" */
    bool wanted_once;                           /* what has been told is not wanted again */
};

static inline bool on_wanted(void *arg, size_t pattern)
{
    struct told *told = arg;
    return !told->wanted_once || told->results[pattern] == SCAN_NONE;
}

static inline void copy_capture(char *out, struct span capture)
{
    size_t len = capture.len < CAPTURE_MOST - 1 ? capture.len : CAPTURE_MOST - 1;
    if (len != 0)
        memcpy(out, capture.ptr, len);
    out[len] = '\0';
}

static inline void on_settled(void *arg, const struct sieve_settled *settled)
{
    struct told *told = arg;
    CHECK(told->results[settled->pattern] == SCAN_NONE);
    told->results[settled->pattern] = settled->limit != NULL ? SCAN_LIMIT : SCAN_MATCH;
    told->limits[settled->pattern] = settled->limit;
    if (settled->limit == NULL)
        copy_capture(told->captures[settled->pattern],
                     pattern_capture(told->patterns[settled->pattern], settled->text, "n"));
}

static struct told outcome;

static inline void told_reset(struct told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        told->results[i] = SCAN_NONE;
        told->captures[i][0] = '\0';
    }
}

/* Every piece is fed from memory of its own, so that a look beyond its ends is seen by the sanitizer. */
static inline void feed_piece(struct sieve_scan *scan, const struct sieve_listener *listener,
                              struct span piece)
{
    char *copy = malloc(piece.len > 0 ? piece.len : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, piece.ptr, piece.len);
    CHECK(sieve_feed(scan, span_of(copy, piece.len), listener));
    free(copy);
}

#endif
