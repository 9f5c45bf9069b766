/* test.h: the whole unit test framework: checks that say where and what, a table of cases, and every way to
 * split. */
#ifndef TEST_H
#define TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/span.h"

static int test_failures;

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                          \
            test_failures++;                                                                                 \
        }                                                                                                    \
    } while (0)

/* A check without which the rest of the test makes no sense: it ends here. */
#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                          \
            exit(EXIT_FAILURE);                                                                              \
        }                                                                                                    \
    } while (0)

/* Where a case must not come. */
#define FAIL(what)                                                                                           \
    do {                                                                                                     \
        fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, (what));                                  \
        test_failures++;                                                                                     \
    } while (0)

#define CHECK_SPAN(actual, expected)                                                                         \
    do {                                                                                                     \
        struct span a_ = (actual), e_ = (expected);                                                          \
        if (!span_eq(a_, e_)) {                                                                              \
            fprintf(stderr, "%s:%d: %s is \"%.*s\", expected \"%.*s\"\n", __FILE__, __LINE__, #actual,       \
                    (int)a_.len, a_.ptr != NULL ? a_.ptr : "", (int)e_.len, e_.ptr != NULL ? e_.ptr : "");   \
            test_failures++;                                                                                 \
        }                                                                                                    \
    } while (0)

/* Ends main(): the number of failed checks decides. */
static inline int test_end(const char *name)
{
    printf("%s: %s\n", name, test_failures == 0 ? "ok" : "FAILED");
    return test_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Calls feed(arg, input, cuts...) for: whole, byte by byte, and split at every position. feed gets the input
 * and a function of the position that says where the next piece ends. */
struct test_split {
    enum { SPLIT_WHOLE, SPLIT_BYTES, SPLIT_AT } kind;
    size_t at;
};

/* The end of the piece that begins at `from`. */
static inline size_t test_piece_end(struct test_split split, size_t from, size_t len)
{
    if (split.kind == SPLIT_BYTES)
        return from + 1;
    if (split.kind == SPLIT_AT && from < split.at)
        return split.at;
    return len;
}

static inline void test_every_split(struct span input,
                                    void (*feed)(void *arg, struct span input, struct test_split split),
                                    void *arg)
{
    feed(arg, input, (struct test_split){SPLIT_WHOLE, 0});
    feed(arg, input, (struct test_split){SPLIT_BYTES, 0});
    for (size_t at = 1; at < input.len; at++)
        feed(arg, input, (struct test_split){SPLIT_AT, at});
}

#endif
