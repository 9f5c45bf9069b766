/* filters_regex_scan.c: what patterns mean, which are refused, what limits end a look; threads share them.
 * Texts in pieces are filters_regex_sieve.c's. */
#include "test.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "filters/regex/scan.h"

static struct pattern_options usual = {.match = 1000000, .depth = 100000, .heap = 20 * 1024, .jit = true};

static struct pattern *make(const char *source, bool utf, bool jit)
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

/* --- what a pattern means ----------------------------------------------------------------------------------
 */
struct meaning {
    const char *source;
    struct span text;
    bool utf;
    enum scan_result result;
};

static const struct meaning meanings[] = {
    {"(?m)yes$", {"X-Spam: yes\r\nTo: a\r\n", 20}, false, SCAN_MATCH},
    {"(?m)^To:", {"X-Spam: yes\r\nTo: a\r\n", 20}, false, SCAN_MATCH},
    {"yes$", {"X-Spam: yes\r\nTo: a\r\n", 20}, false, SCAN_NONE},
    {"a$", {"To: a\r\n", 7}, false, SCAN_MATCH},
    {"a\\z", {"To: a\r\n", 7}, false, SCAN_NONE},
    {"(?m)^b", {"a\nb", 3}, false, SCAN_NONE},
    {"(?m)^\\s", {"a\r\nb\r\nc", 7}, false, SCAN_NONE},
    {"(?m)^$", {"a\r\nb", 4}, false, SCAN_NONE},
    {"(?m)^$", {"a\r\n\r\nb", 6}, false, SCAN_MATCH},
    {"(?m)^\\z", {"a\r\n", 3}, false, SCAN_MATCH},
    {"\\sviagra", {"buy\r\nviagra", 11}, false, SCAN_MATCH},
    {"a.b", {"a\r\nb", 4}, false, SCAN_NONE},
    {"a.*b", {"a\r\nb", 4}, false, SCAN_NONE},
    {"(?s)a.*b", {"a\r\nb", 4}, false, SCAN_MATCH},
    {"\xC3\xA9", {"caf\xC3\xA9", 5}, false, SCAN_MATCH},
    {"^....$", {"caf\xC3\xA9", 5}, true, SCAN_MATCH},
    {"(?i)\xC3\x89", {"caf\xC3\xA9", 5}, true, SCAN_MATCH},
    {"viagra", {"\xFF\xC3viagra\xC3", 9}, true, SCAN_MATCH},
    {"^a.c$",
     {"a\xFF"
      "c",
      3},
     true,
     SCAN_MATCH},
    {"^\\x{1A}{6}$", {"\xED\xA0\x80\xC0\x80\xF5", 6}, true, SCAN_MATCH},
    {"^$", {"", 0}, false, SCAN_MATCH},
    {"a", {"", 0}, false, SCAN_NONE},
};

static void test_meaning(void)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        for (int jit = 0; jit < 2; jit++) {
            const struct meaning *m = &meanings[i];
            struct pattern *pattern = make(m->source, m->utf, jit == 1);
            const char *limit = NULL;
            enum scan_result result = scan_whole(pattern, m->text, &limit);
            if (result != m->result)
                fprintf(stderr, "meaning %zu: %s\n", i, m->source);
            CHECK(result == m->result);
            pattern_free(pattern);
        }
    }
}

/* --- named groups ------------------------------------------------------------------------------------------
 */
static void test_groups(void)
{
    struct pattern *pattern = make("(?J)(?<key>[a-z]+)=(?:(?<n>\\d+)|(?<n>[A-Z]+))(?<gone>!)?", false, true);
    struct span text = SPAN("a b=7 c=D");
    struct pattern_outcome outcome = pattern_look(pattern, text, 0, PATTERN_ANYWHERE, 0);
    CHECK(outcome.result == PATTERN_FOUND);
    CHECK_SPAN(pattern_match(text), SPAN("b=7"));
    CHECK_SPAN(pattern_capture(pattern, text, "key"), SPAN("b"));
    CHECK_SPAN(pattern_capture(pattern, text, "n"), SPAN("7"));
    CHECK(pattern_capture(pattern, text, "gone").ptr == NULL && pattern_names(pattern, "gone"));
    CHECK(pattern_capture(pattern, text, "other").ptr == NULL && !pattern_names(pattern, "other"));
    CHECK(pattern_name(pattern, 0) != NULL && pattern_name(pattern, 4) == NULL);
    outcome = pattern_look(pattern, text, 3, PATTERN_ANYWHERE, 0);
    CHECK(outcome.result == PATTERN_FOUND);
    CHECK_SPAN(pattern_capture(pattern, text, "n"), SPAN("D"));
    CHECK(pattern_look(pattern, text, 3, 5, 0).result == PATTERN_ABSENT);
    CHECK(pattern_look(pattern, text, 3, 6, 0).result == PATTERN_FOUND);
    pattern_free(pattern);
}

/* --- limits ------------------------------------------------------------------------------------------------
 */
static void test_catastrophe(bool jit)
{
    static char text[100000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    struct pattern *pattern = make("(a+)+$", false, jit);
    const char *limit = NULL;
    clock_t begin = clock();
    CHECK(scan_whole(pattern, span_of(text, sizeof text), &limit) == SCAN_LIMIT);
    CHECK(limit != NULL);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("catastrophe, %s: in %.3f s, %s\n", jit ? "jit" : "interpreter", seconds, limit);
    CHECK(seconds < 5);
    pattern_free(pattern);
}

static void check_limit(struct pattern_options options, const char *source, const char *expected)
{
    static char text[50000];
    memset(text, 'a', sizeof text);
    struct pattern_error error;
    struct pattern *pattern = pattern_new(source, &options, &error);
    CHECK(pattern != NULL);
    const char *limit = NULL;
    CHECK(scan_whole(pattern, span_of(text, sizeof text), &limit) == SCAN_LIMIT);
    CHECK_SPAN(span_str(limit), span_str(expected));
    pattern_free(pattern);
}

static void test_limits(void)
{
    struct pattern_options options = usual;
    options.jit = false;
    options.heap = 64;
    check_limit(options, "^(a|b)*$", "heap limit");
    options = usual;
    options.jit = false;
    options.depth = 100;
    check_limit(options, "^(a|b)*$", "depth limit");
    options = usual;
    options.jit = false;
    options.match = 1000;
    check_limit(options, "^(a|b)*$", "match limit");
    options = usual;
    options.match = UINT32_MAX;
    check_limit(options, "^((a)(b?)(c?)(d?)|(e))*$", "stack limit");
}

/* A pattern is shared: threads that look at the same time do not disturb each other. */
static void *look_often(void *arg)
{
    static const char text[] = "foo bar foo bar foo baz";
    size_t matches = 0;
    for (size_t i = 0; i < 20000; i++) {
        const char *limit = NULL;
        matches += scan_whole(arg, span_of(text, sizeof text - 1 - i % 2), &limit) == SCAN_MATCH;
    }
    return matches == 10000 ? arg : NULL;
}

static void test_threads(void)
{
    struct pattern *pattern = make("(foo (bar|bam) )+foo baz$", false, true);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, look_often, pattern) != 0)
            abort();
    for (size_t i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0 && result == pattern);
    }
    pattern_free(pattern);
}

static const struct {
    const char *source;
    bool utf;
    size_t offset;
    const char *message;
} errors[] = {
    {"a(b", false, 3, "missing closing parenthesis"},
    {"*a", false, 0, "quantifier does not follow a repeatable item"},
    {"+", false, 0, "quantifier does not follow a repeatable item"},
    {"a\\\\\\Gb", false, 3, "\\G is not supported: use \\A"},
    {"a(*COMMIT)b", false, 1, "(*COMMIT) is not supported: use (*PRUNE) or an anchor"},
    {"(*UTF)a", false, 5, "(*VERB) not recognized or malformed"},
    {"a\\C", true, 3, "using \\C is disabled by the application"},
};

static void test_errors(void)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct pattern_error error;
        struct pattern_options options = usual;
        options.utf = errors[i].utf;
        CHECK(pattern_new(errors[i].source, &options, &error) == NULL);
        CHECK_SPAN(span_str(error.message), span_str(errors[i].message));
        if (error.offset != errors[i].offset)
            fprintf(stderr, "%s: offset %zu\n", errors[i].source, error.offset);
        CHECK(error.offset == errors[i].offset);
    }
}

int main(void)
{
    test_meaning();
    test_groups();
    test_threads();
    test_catastrophe(true);
    test_catastrophe(false);
    test_limits();
    test_errors();
    return test_end("filters_regex_scan");
}
