/* filters_regex_scan.c: a text in pieces gives the same result as the whole, for every kind of pattern item;
 * limits end a look; `bench` as the argument prints how fast it is. */
#include "test.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "filters/regex/scan.h"

enum { WINDOW = 64 << 10 };

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

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % n);
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

/* --- pieces ------------------------------------------------------------------------------------------------
 */
struct item {
    const char *source;
    bool utf;
};

static const struct item items[] = {
    {"foo", false},
    {"foobarfoobar", false},
    {"foofoo|bar b|\r\n\r\n", false},
    {"^foo", false},
    {"\\Afoo b", false},
    {"(?m)^foo", false},
    {"(?m)^foo$", false},
    {"(?m)foo\\s^bar", false},
    {"(?m)o\r\n^b", false},
    {"(?m)\\n^", false},
    {"(?m)^$", false},
    {"(?m)^\\s+foo", false},
    {"(?m)a$\r\n^b", false},
    {"(?m)$\\s^$", false},
    {"^$", false},
    {"^", false},
    {"$", false},
    {"foo$", false},
    {"foo\\z", false},
    {"foo\\Z", false},
    {"\\Afoo\\z", false},
    {"^(foo|bar)*$", false},
    {"\\bfoo\\b", false},
    {"\\Bbar\\B", false},
    {"o\\b\\W\\bb", false},
    {"(?<=foo)bar", false},
    {"(?<!foo)bar", false},
    {"(?<=a)(?<!ba)b", false},
    {"(?<=(?<!b)a)b", false},
    {"(?<=o(?<=fo(?<=rfo))o)x", false},
    {"(?<=^foo)b", false},
    {"(?<=\\Aa)b", false},
    {"(?m)(?<=^b)a", false},
    {"(?<=\\bfoo) ", false},
    {"(?<=foobarfoobar)a", false},
    {"(?<=(?<=(?<=foobar)foobar)a)b", false},
    {"(?s)(?<=foo)b.*?x", false},
    {"(?s)(?<=\\bfoobar)\\s[^x]*x", false},
    {"a(?=b)", false},
    {"foo(?!bar)", false},
    {"foo(?!\r\n)", false},
    {"(?=foo\\w*x)fo", false},
    {"(?=\\S*bar)foo", false},
    {"a+b", false},
    {"a+?b", false},
    {"a*", false},
    {"x*\\z", false},
    {"(?s)foo.*bar.*x", false},
    {"(?s)foo.*?bar", false},
    {"foo.*bar", false},
    {".*bar", false},
    {"(?s).*x\\z", false},
    {"[^a]b{2,4}a", false},
    {"(a|ab)(c|bcd)*x", false},
    {"(foo|bar)\\s\\1", false},
    {"(?>a+)b", false},
    {"a++b", false},
    {"\\R\\R", false},
    {"\\r\\n\\.", false},
    {"o\\Rb", false},
    {"(?i)FOO\\sbar", false},
    {"x\\Kfoo", false},
    {"(a(?1)?b)", false},
    {"a(*PRUNE)b", false},
    {"a+(*SKIP)b", false},
    {"foo(*THEN)x|foob", false},
    {"(?(?=foo)foob|a b)", false},
    {"[[:^alpha:]]{3}", false},
    {"(?!foo)f|(?!b)\\s\\z", false},
    {"(?x) fo{2} # comment", false},
    {"\xC3\xA9", false},
    {"\xC3", false},
    {"\xC3\xA9", true},
    {"(?i)\xC3\x89\xC3\x89", true},
    {"o.b", true},
    {"[^a-z\\s]{2}", true},
    {"(?<=\xC3\xA9)b", true},
    {"(?<!\xC3\xA9)b", true},
    {"(?<=\xC3\xA9\xC3\xA9)\\bfoo", true},
    {"\\b\xC3\xA9\\b", true},
    {"\\p{L}{5}", true},
    {"(?m)^\xC3\xA9$", true},
    {"\xE2\x82\xAC", true},
    {"(?s)\xE2\x82\xAC.a", true},
    {"x\\z", true},
    {"^\xC3\xA9", true},
    {"\\X\\X\\X\\z", true},
};

static const char *const tokens[] = {
    "a",
    "a",
    "b",
    "b",
    "c",
    "x",
    "foo",
    "foo",
    "bar",
    "bar",
    "\r\n",
    "\r\n",
    "\r\n",
    "\r",
    "\n",
    " ",
    ".",
    " ",
    "ab",
    "fo",
    "\xC3\xA9",
    "\xC3\xA9",
    "\xC3",
    "\xA9",
    "\xE2\x82\xAC",
    "foobarfoobar",
};

enum { TEXT_MOST = 600, TEXT_SHORT = 60, TEXTS = 250 };

static size_t random_text(char *out)
{
    size_t used = 0;
    for (size_t n = random_below(random_below(4) == 0 ? 45 : 11); n > 0; n--) {
        const char *token = tokens[random_below(sizeof tokens / sizeof tokens[0])];
        for (; *token != '\0'; token++)
            out[used++] = *token;
    }
    return used;
}

struct pieces {
    const struct item *item;
    const struct pattern *pattern;
    enum scan_result whole;
};

static void expect(const struct pieces *pieces, struct scan *scan, struct span text, const char *how,
                   size_t at)
{
    enum scan_result result = scan_finish(scan);
    if (result != pieces->whole || scan_finish(scan) != result) {
        fprintf(stderr, "%s%s %s %zu: %d instead of %d in \"", pieces->item->source,
                pieces->item->utf ? " (utf)" : "", how, at, (int)result, (int)pieces->whole);
        for (size_t i = 0; i < text.len; i++)
            fprintf(stderr, text.ptr[i] > ' ' && text.ptr[i] < 127 ? "%c" : "\\x%02x",
                    (unsigned char)text.ptr[i]);
        fprintf(stderr, "\"\n");
        CHECK(result == pieces->whole);
    }
    scan_free(scan);
}

/* Every piece is fed from memory of its own, so that a look beyond its ends is seen by the sanitizer. */
static void feed_piece(struct scan *scan, struct span piece)
{
    char *copy = malloc(piece.len > 0 ? piece.len : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, piece.ptr, piece.len);
    scan_feed(scan, span_of(copy, piece.len));
    free(copy);
}

static void feed_split(void *arg, struct span text, struct test_split split)
{
    const struct pieces *pieces = arg;
    struct scan scan = {.pattern = pieces->pattern, .window = WINDOW};
    for (size_t from = 0, end; from < text.len; from = end) {
        end = test_piece_end(split, from, text.len);
        feed_piece(&scan, span_of(text.ptr + from, end - from));
    }
    expect(pieces, &scan, text, "split", split.kind == SPLIT_BYTES ? 1 : split.at);
}

static void feed_random(const struct pieces *pieces, struct span text)
{
    struct scan scan = {.pattern = pieces->pattern, .window = WINDOW};
    for (size_t from = 0, len; from < text.len; from += len) {
        len = 1 + random_below(random_below(4) == 0 ? 60 : 4);
        if (len > text.len - from)
            len = text.len - from;
        feed_piece(&scan, span_of(text.ptr + from, len));
    }
    expect(pieces, &scan, text, "random", 0);
}

static void test_pieces(bool jit)
{
    size_t matches = 0, silent = 0;
    size_t count = sizeof items / sizeof items[0];
    for (size_t i = 0; i < count; i++) {
        struct pattern *pattern = make(items[i].source, items[i].utf, jit);
        size_t before = matches;
        for (int n = 0; pattern != NULL && n < TEXTS; n++) {
            char text[TEXT_MOST];
            struct span all = span_of(text, random_text(text));
            const char *limit = NULL;
            struct pieces pieces = {&items[i], pattern, scan_whole(pattern, all, &limit)};
            matches += pieces.whole == SCAN_MATCH;
            if (all.len <= TEXT_SHORT)
                test_every_split(all, feed_split, &pieces);
            for (int r = 0; r < 10; r++)
                feed_random(&pieces, all);
        }
        pattern_free(pattern);
        if (matches == before)
            silent++;
    }
    CHECK(matches > count * TEXTS / 20 && matches < count * TEXTS / 2);
    CHECK(silent < count / 4);
}

/* A match that begins near the border and stays open for long needs its context all the time. */
static void test_long_match(void)
{
    static const struct item long_items[] = {
        {"(?s)(?<=foo)b.*?x", false}, {"(?s)(?<!foo)b.*?x", false}, {"(?s)\\bfoo.*?x", false},
        {"(?s)(?<=foo)b.*?x", true},  {"(?sm)^b.*?x", false},
    };
    char text[400];
    memset(text, '.', sizeof text);
    struct span begin = SPAN("\r\nfoob"), end = SPAN("x..");
    for (size_t i = 0; i < begin.len; i++)
        text[40 + i] = begin.ptr[i];
    for (size_t i = 0; i < end.len; i++)
        text[sizeof text - end.len + i] = end.ptr[i];
    struct span all = span_of(text, sizeof text);
    for (size_t i = 0; i < sizeof long_items / sizeof long_items[0]; i++) {
        struct pattern *pattern = make(long_items[i].source, long_items[i].utf, true);
        const char *limit = NULL;
        struct pieces pieces = {&long_items[i], pattern, scan_whole(pattern, all, &limit)};
        test_every_split(all, feed_split, &pieces);
        pattern_free(pattern);
    }
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
    for (size_t size = 1000; size <= sizeof text; size *= 10) {
        struct scan scan = {.pattern = pattern, .window = WINDOW};
        for (size_t at = 0; at < sizeof text; at += size)
            scan_feed(&scan, span_of(text + at, size));
        CHECK(scan_finish(&scan) == SCAN_LIMIT && scan.limit != NULL);
        scan_free(&scan);
    }
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("catastrophe, %s: 4 texts in %.3f s, %s\n", jit ? "jit" : "interpreter", seconds, limit);
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

/* An open match is kept up to the window, however it arrives, and no further. */
static void test_window(void)
{
    struct pattern *pattern = make("(?s)begin.*?end", false, true);
    for (size_t size = 1; size < 300; size = size * 3 + 1) {
        for (int over = 0; over < 2; over++) {
            struct scan scan = {.pattern = pattern, .window = 1000};
            char text[4000];
            snprintf(text, sizeof text, "%*s%*s%*s", 305, "begin", over ? 1400 : 900, "end", 2000, "");
            for (struct span rest = span_str(text); rest.len > 0;
                 rest = span_skip(rest, span_first(rest, size).len))
                scan_feed(&scan, span_first(rest, size));
            CHECK(scan_finish(&scan) == (over ? SCAN_LIMIT : SCAN_MATCH));
            CHECK(!over || strcmp(scan.limit, "window") == 0);
            scan_free(&scan);
        }
    }
    pattern_free(pattern);
}

/* A pattern is shared: threads that look at the same time do not disturb each other. */
static void *look_often(void *arg)
{
    static const char text[] = "foo bar foo bar foo baz";
    size_t matches = 0;
    for (size_t i = 0; i < 20000; i++) {
        struct scan scan = {.pattern = arg, .window = WINDOW};
        size_t split = i % (sizeof text - 1);
        scan_feed(&scan, span_of(text, split));
        scan_feed(&scan, span_of(text + split, sizeof text - 1 - split));
        matches += scan_finish(&scan) == SCAN_MATCH;
        scan_free(&scan);
    }
    return matches == 20000 ? arg : NULL;
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

/* An anchored pattern is settled by the start of the text and keeps nothing. */
static void test_settled_early(void)
{
    struct pattern *pattern = make("^foo", false, true);
    struct scan scan = {.pattern = pattern, .window = 100};
    CHECK(scan_feed(&scan, SPAN("fo")) == SCAN_MORE);
    CHECK(scan_feed(&scan, SPAN("x")) == SCAN_NONE);
    CHECK(scan.carry == NULL);
    CHECK(scan_feed(&scan, SPAN("foo")) == SCAN_NONE);
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

/* --- bench -------------------------------------------------------------------------------------------------
 */
static const char *const bench_sources[] = {
    "invoice-4711-x",          "[0-9]{4}-[0-9]{4}-x",
    "(?i)lottery winner",      "(?m)^X-Spam: yes$",
    "viagra|cialis",           "\\bpayment due\\b",
    "https?://[a-z]+\\.zip/",  "(?i)content-type:\\s*application/x-msdos",
    "(?<=\\n)begin [0-7]{3} ", "unsubscribe",
};

enum { BENCH_RULES = 10, BENCH_LEN = 10 << 20 };

static void bench_run(const char *name, const char *text, struct pattern *const *patterns, size_t count,
                      size_t piece)
{
    struct scan scans[BENCH_RULES] = {0};
    for (size_t i = 0; i < count; i++)
        scans[i] = (struct scan){.pattern = patterns[i], .window = WINDOW};
    struct timespec begin, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    size_t found = 0;
    for (size_t at = 0; at < BENCH_LEN; at += piece)
        for (size_t i = 0; i < count; i++)
            scan_feed(&scans[i], span_of(text + at, piece < BENCH_LEN - at ? piece : BENCH_LEN - at));
    for (size_t i = 0; i < count; i++) {
        found += scan_finish(&scans[i]) != SCAN_NONE;
        scan_free(&scans[i]);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    printf("%-12s pieces of %8zu: %7.0f MB/s%s\n", name, piece, (double)BENCH_LEN / 1e6 / seconds,
           found > 0 ? " (a match)" : "");
}

static void bench(void)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc(BENCH_LEN);
    if (text == NULL)
        abort();
    for (size_t i = 0; i < BENCH_LEN; i++)
        text[i] = base64[random_below(64)];
    for (size_t i = 76; i + 1 < BENCH_LEN; i += 78) {
        text[i] = '\r';
        text[i + 1] = '\n';
    }
    struct pattern *patterns[BENCH_RULES];
    for (size_t i = 0; i < BENCH_RULES; i++)
        patterns[i] = make(bench_sources[i], false, true);
    static const size_t pieces[] = {BENCH_LEN, 16384, 1460, 78};
    for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
        bench_run("literal", text, patterns, 1, pieces[p]);
        bench_run("class first", text, patterns + 1, 1, pieces[p]);
        bench_run("10 rules", text, patterns, BENCH_RULES, pieces[p]);
    }
    for (size_t i = 0; i < BENCH_RULES; i++)
        pattern_free(patterns[i]);
    free(text);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "bench") == 0) {
        bench();
        return EXIT_SUCCESS;
    }
    test_meaning();
    test_pieces(true);
    test_pieces(false);
    test_long_match();
    test_threads();
    test_catastrophe(true);
    test_catastrophe(false);
    test_limits();
    test_window();
    test_settled_early();
    test_errors();
    return test_end("filters_regex_scan");
}
