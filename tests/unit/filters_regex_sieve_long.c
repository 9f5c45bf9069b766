/* filters_regex_sieve_long.c: texts longer than a slice, matches longer than a window, literals wherever a
 * table or a slice ends. */
#include "filters_regex_sieve.h"

struct item {
    const char *source;
    bool utf;
};

static enum scan_result feed_text(struct sieve_scan *scan, struct pattern *const *patterns, struct span text,
                                  size_t piece)
{
    struct sieve_listener listener = {on_wanted, on_settled, &outcome};
    told_reset(&outcome, 1);
    outcome.patterns = patterns;
    for (; text.len > 0; text = span_skip(text, span_first(text, piece).len))
        feed_piece(scan, &listener, span_first(text, piece));
    CHECK(sieve_finish(scan, &listener));
    return outcome.results[0];
}

/* A match that begins near a border and stays open for long needs its context all the time; here the border
 * is one within a piece that is looked at in slices. */
static void test_long_match(void)
{
    static const struct item long_items[] = {
        {"(?s)(?<=foo)b.*?x", false}, {"(?s)(?<!foo)b.*?x", false}, {"(?s)\\bfoo.*?x", false},
        {"(?s)(?<=foo)b.*?x", true},  {"(?sm)^b.*?x", false},       {"foob(?s:.*?)x", true},
    };
    static char text[SIEVE_SLICE + 400];
    memset(text, '.', sizeof text);
    memcpy(text + sizeof text - 3, "x..", 3);
    for (size_t i = 0; i < sizeof long_items / sizeof long_items[0]; i++) {
        struct pattern *pattern = make(long_items[i].source, long_items[i].utf, true);
        for (size_t e = 0; e < ENGINES; e++) {
            if (!trigger_available(engines[e]))
                continue;
            struct sieve *sieve = make_sieve(&pattern, 1, engines[e], WINDOW);
            struct sieve_scan *scan = sieve_begin(sieve);
            for (size_t at = SIEVE_SLICE - 10; at < SIEVE_SLICE + 4; at++) {
                memcpy(text + at, "\r\nfoob", 6);
                const char *limit = NULL;
                struct span all = span_of(text, sizeof text);
                enum scan_result whole = scan_whole(pattern, all, &limit);
                CHECK(feed_text(scan, &pattern, all, sizeof text) == whole);
                CHECK(feed_text(scan, &pattern, all, 1000) == whole);
                memset(text + at, '.', 6);
            }
            sieve_end(scan);
            sieve_free(sieve);
        }
        pattern_free(pattern);
    }
}

/* An open match is kept up to the window, however it arrives, and no further. */
static void test_window(void)
{
    static const char *const sources[] = {"(?s)begin.*?end", "(?s)[b]egi[n].*?end", "(?s)\\sbe?gin.*?end"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct pattern *pattern = make(sources[i], i == 1, true);
        for (size_t e = 0; e < ENGINES; e++) {
            if (!trigger_available(engines[e]))
                continue;
            struct sieve *sieve = make_sieve(&pattern, 1, engines[e], 1000);
            struct sieve_scan *scan = sieve_begin(sieve);
            for (size_t size = 1; size < 300; size = size * 3 + 1) {
                for (int over = 0; over < 2; over++) {
                    char text[4000];
                    snprintf(text, sizeof text, "%*s%*s%*s", 305, "begin", over ? 1400 : 900, "end", 2000,
                             "");
                    CHECK(feed_text(scan, &pattern, span_str(text), size) ==
                          (over ? SCAN_LIMIT : SCAN_MATCH));
                    CHECK(!over || strcmp(outcome.limits[0], "window") == 0);
                }
            }
            sieve_end(scan);
            sieve_free(sieve);
        }
        pattern_free(pattern);
    }
}

/* Literals of all lengths in many places, also where a table or a slice ends. */
static void test_places(void)
{
    enum { COUNT = 300 };
    static struct pattern *patterns[COUNT];
    static char text[3 * SIEVE_SLICE];
    char word[40];
    for (size_t i = 0; i < COUNT; i++) {
        size_t len = 3 + i % 30;
        for (size_t n = 0; n < len; n++)
            word[n] = (char)('a' + random_below(26));
        word[len] = '\0';
        patterns[i] = make(word, false, false);
    }
    for (size_t e = 0; e < ENGINES - 1; e++) {
        if (!trigger_available(engines[e]))
            continue;
        struct sieve *sieve = make_sieve(patterns, COUNT, engines[e], WINDOW);
        struct sieve_scan *scan = sieve_begin(sieve);
        struct sieve_listener listener = {on_wanted, on_settled, &outcome};
        CHECK(sieve_continuous(sieve) == 0 && sieve_count(sieve) == COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            size_t at = i % 3 == 0 ? 0 : i % 3 * SIEVE_SLICE - 40 + random_below(50);
            memset(text, '-', sizeof text);
            memcpy(text + at, pattern_source(patterns[i]), strlen(pattern_source(patterns[i])));
            told_reset(&outcome, COUNT);
            outcome.patterns = patterns;
            feed_piece(scan, &listener, span_of(text, sizeof text));
            CHECK(sieve_finish(scan, &listener));
            CHECK(outcome.results[i] == SCAN_MATCH);
        }
        sieve_end(scan);
        sieve_free(sieve);
    }
    for (size_t i = 0; i < COUNT; i++)
        pattern_free(patterns[i]);
}

int main(void)
{
    test_long_match();
    test_window();
    test_places();
    return test_end("filters_regex_sieve_long");
}
