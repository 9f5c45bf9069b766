/* filters_regex_sieve.c: many patterns in a text in pieces are found exactly where an independent look at the
 * whole, at every octet of it, finds them: with each engine, for every kind of item and for patterns and
 * texts made at random; limits end a look; memory is bounded. */
#include "filters_regex_sieve.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "filters/regex/utf8.h"

/* --- items ------------------------------------------------------------------------------------------------
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
    {"(?i)fook", true},
    {"(?i)bars+x", true},
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
    "\xE2\x84\xAA",
    "k",
    "BARS",
    "\xC5\xBF",
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

/* --- the reference: PCRE2 itself, without anything of ours but its options, anchored at every octet
 * ---------
 */
struct reference {
    pcre2_code *code;
    pcre2_match_data *data;
};

static struct reference reference_make(const char *source, bool utf)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int number;
    size_t offset;
    pcre2_set_newline(context, PCRE2_NEWLINE_CRLF);
    struct reference reference = {pcre2_compile((PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED,
                                                PCRE2_ALT_CIRCUMFLEX | PCRE2_NO_START_OPTIMIZE |
                                                    PCRE2_NO_AUTO_POSSESS | (utf ? PCRE2_UTF | PCRE2_UCP : 0),
                                                &number, &offset, context),
                                  pcre2_match_data_create(64, NULL)};
    pcre2_compile_context_free(context);
    CHECK(reference.code != NULL);
    return reference;
}

static void reference_free(struct reference *reference)
{
    pcre2_code_free(reference->code);
    pcre2_match_data_free(reference->data);
}

/* MORE: it gave up. */
static enum scan_result reference_look(const struct reference *reference, struct span text, bool utf,
                                       char *capture)
{
    for (size_t at = 0; at <= text.len; at++) {
        if (utf && at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
            continue;
        int result = pcre2_match(reference->code, (PCRE2_SPTR)text.ptr, text.len, at, PCRE2_ANCHORED,
                                 reference->data, NULL);
        if (result == PCRE2_ERROR_NOMATCH)
            continue;
        if (result < 0)
            return SCAN_MORE;
        int group = pcre2_substring_number_from_name(reference->code, (PCRE2_SPTR) "n");
        PCRE2_SIZE *ends = pcre2_get_ovector_pointer(reference->data);
        if (group > 0 && ends[2 * group] != PCRE2_UNSET)
            copy_capture(capture, span_of(text.ptr + ends[2 * group], ends[2 * group + 1] - ends[2 * group]));
        return SCAN_MATCH;
    }
    return SCAN_NONE;
}

/* --- every split -------------------------------------------------------------------------------------------
 */
static void print_text(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        fprintf(stderr, text.ptr[i] > ' ' && text.ptr[i] < 127 ? "%c" : "\\x%02x",
                (unsigned char)text.ptr[i]);
    fprintf(stderr, "\"\n");
}

struct run {
    const struct sieve *sieve;
    struct sieve_scan *scan; /* used again: nothing of one text is left in the next */
    size_t count;
    const struct told *expected;
    const char *engine;
};

static size_t looks, given_up;

static void expect(struct run *run, const struct sieve_listener *listener, struct span text, const char *how,
                   size_t at)
{
    CHECK(sieve_finish(run->scan, listener));
    for (size_t i = 0; i < run->count; i++) {
        bool same = outcome.results[i] == run->expected->results[i] &&
                    strcmp(outcome.captures[i], run->expected->captures[i]) == 0;
        looks++;
        /* A few patterns take PCRE2 to its limits, us or the reference. */
        bool gave_up = outcome.results[i] == SCAN_LIMIT || run->expected->results[i] == SCAN_MORE;
        given_up += gave_up;
        if (same || gave_up)
            continue;
        fprintf(stderr, "%s%s, %s, %s %zu: %d \"%s\" instead of %d \"%s\" in \"",
                pattern_source(outcome.patterns[i]), pattern_utf(outcome.patterns[i]) ? " (utf)" : "",
                run->engine, how, at, (int)outcome.results[i], outcome.captures[i],
                (int)run->expected->results[i], run->expected->captures[i]);
        print_text(text);
        CHECK(same);
    }
}

static struct sieve_listener listener_of(const struct run *run)
{
    told_reset(&outcome, run->count);
    outcome.patterns = run->expected->patterns;
    return (struct sieve_listener){on_wanted, on_settled, &outcome};
}

static void feed_split(void *arg, struct span text, struct test_split split)
{
    struct run *run = arg;
    struct sieve_listener listener = listener_of(run);
    for (size_t from = 0, end; from < text.len; from = end) {
        end = test_piece_end(split, from, text.len);
        feed_piece(run->scan, &listener, span_of(text.ptr + from, end - from));
    }
    expect(run, &listener, text, "split", split.kind == SPLIT_BYTES ? 1 : split.at);
}

static void feed_random(struct run *run, struct span text)
{
    struct sieve_listener listener = listener_of(run);
    for (size_t from = 0, len; from < text.len; from += len) {
        len = 1 + random_below(random_below(4) == 0 ? 60 : 4);
        if (len > text.len - from)
            len = text.len - from;
        feed_piece(run->scan, &listener, span_of(text.ptr + from, len));
    }
    expect(run, &listener, text, "random", 0);
}

/* A text, in every way, with every engine, against what is expected of it. */
static void try_text(struct run runs[ENGINES], const struct told *expected, struct span text, unsigned times)
{
    for (size_t e = 0; e < ENGINES; e++) {
        if (runs[e].sieve == NULL)
            continue;
        runs[e].expected = expected;
        if (text.len <= TEXT_SHORT)
            test_every_split(text, feed_split, &runs[e]);
        for (unsigned n = 0; n < times; n++)
            feed_random(&runs[e], text);
    }
}

static void runs_begin(struct run runs[ENGINES], struct pattern *const *patterns, size_t count)
{
    for (size_t e = 0; e < ENGINES; e++) {
        runs[e] = (struct run){.count = count, .engine = engine_names[engines[e]]};
        if (!trigger_available(engines[e]))
            continue;
        runs[e].sieve = make_sieve(patterns, count, engines[e], WINDOW);
        runs[e].scan = sieve_begin(runs[e].sieve);
    }
}

static void runs_end(struct run runs[ENGINES])
{
    for (size_t e = 0; e < ENGINES; e++) {
        sieve_end(runs[e].scan);
        sieve_free((struct sieve *)(uintptr_t)runs[e].sieve);
    }
}

static struct told wanted;

/* Each kind of item, all of them in one sieve. */
static void test_items(bool jit)
{
    enum { COUNT = sizeof items / sizeof items[0] };
    struct pattern *patterns[COUNT];
    struct run runs[ENGINES];
    size_t matches = 0;
    for (size_t i = 0; i < COUNT; i++)
        patterns[i] = make(items[i].source, items[i].utf, jit);
    runs_begin(runs, patterns, COUNT);
    CHECK(sieve_continuous(runs[1].sieve) < COUNT);
    wanted.patterns = patterns;
    for (int n = 0; n < TEXTS; n++) {
        char text[TEXT_MOST];
        struct span all = span_of(text, random_text(text));
        for (size_t i = 0; i < COUNT; i++) {
            const char *limit = NULL;
            wanted.results[i] = scan_whole(patterns[i], all, &limit);
            matches += wanted.results[i] == SCAN_MATCH;
        }
        try_text(runs, &wanted, all, 10);
    }
    CHECK(matches > COUNT * TEXTS / 20 && matches < COUNT * TEXTS / 2);
    runs_end(runs);
    for (size_t i = 0; i < COUNT; i++)
        pattern_free(patterns[i]);
}

/* --- patterns at random ------------------------------------------------------------------------------------
 */
static const char *const atoms[] = {
    "foo",     "bar",          "foobar",   "barfoo",   "a",    "b",        "x",
    "[ab]",    "[^x]",         ".",        "\\s",      "\\w",  "\\b",      "\\r\\n",
    "\\x66oo", "[.]",          "[f]oo",    "^",        "$",    "\\z",      "(?=b)",
    "\\R",     "(?<=o)",       "(?!x)",    "(?i:FOO)", "(?i)", "(?s:.)",   "(?m:^)",
    "f(?:o)o", "[[:alpha:]b]", "\xC3\xA9", "(?<!a)",   "\\d?", "(?>ab|a)", "(?m:$)",
    "k",       "\\x{62}ar",    "\\.",      "{",        "o{2}", "fo{1,2}",
};
static const char *const quantifiers[] = {"",  "",    "",      "",      "",   "?",  "*",
                                          "+", "{2}", "{1,3}", "{0,2}", "*?", "++", "{2,}"};

/* Of groups: what repeats without end within what does takes PCRE2 to its limits. */
static const char *const few[] = {"", "", "", "?", "{1,2}"};

enum { SOURCE_MOST = 2000 };

static void random_expression(char *out, unsigned depth)
{
    size_t pieces = 1 + random_below(4);
    for (size_t n = 0; n < pieces; n++) {
        if (depth < 3 && random_below(4) == 0) {
            strcat(out, random_below(3) == 0 ? "(" : "(?:");
            random_expression(out, depth + 1);
            while (random_below(2) == 0) {
                strcat(out, "|");
                random_expression(out, depth + 1);
            }
            strcat(out, ")");
            strcat(out, few[random_below(sizeof few / sizeof few[0])]);
            continue;
        }
        const char *atom = atoms[random_below(sizeof atoms / sizeof atoms[0])];
        strcat(out, atom);
        if (strlen(atom) == 1 || *atom == '[' || atom[strlen(atom) - 1] == 'o')
            strcat(out, quantifiers[random_below(sizeof quantifiers / sizeof quantifiers[0])]);
    }
}

/* A pattern that compiles. */
static struct pattern *random_pattern(char *source, bool utf)
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        struct pattern_error error;
        struct pattern_options options = usual;
        options.utf = utf;
        options.jit = random_below(2) == 0;
        source[0] = '\0';
        if (random_below(4) == 0)
            strcat(source, "(?i)");
        random_expression(source, 0);
        if (random_below(2) == 0) {
            strcat(source, "(?<n>");
            random_expression(source, 1);
            strcat(source, ")");
        }
        struct pattern *pattern = pattern_new(source, &options, &error);
        if (pattern != NULL)
            return pattern;
    }
    abort();
}

static void test_random(unsigned rounds)
{
    enum { COUNT = 40, ROUND_TEXTS = 12 };
    static char sources[COUNT][SOURCE_MOST];
    struct pattern *patterns[COUNT];
    struct reference references[COUNT];
    size_t triggered = 0, matches = 0;
    for (unsigned round = 0; round < rounds; round++) {
        struct run runs[ENGINES];
        for (size_t i = 0; i < COUNT; i++) {
            patterns[i] = random_pattern(sources[i], i % 2 == 1);
            references[i] = reference_make(sources[i], i % 2 == 1);
        }
        runs_begin(runs, patterns, COUNT);
        triggered += COUNT - sieve_continuous(runs[1].sieve);
        wanted.patterns = patterns;
        for (int n = 0; n < ROUND_TEXTS; n++) {
            char text[TEXT_MOST], mended[TEXT_MOST];
            struct span all = span_of(text, random_text(text));
            utf8_mend(all, mended);
            told_reset(&wanted, COUNT);
            for (size_t i = 0; i < COUNT; i++) {
                bool utf = i % 2 == 1;
                wanted.results[i] = reference_look(&references[i], utf ? span_of(mended, all.len) : all, utf,
                                                   wanted.captures[i]);
                matches += wanted.results[i] == SCAN_MATCH;
            }
            try_text(runs, &wanted, all, 4);
        }
        runs_end(runs);
        for (size_t i = 0; i < COUNT; i++) {
            pattern_free(patterns[i]);
            reference_free(&references[i]);
        }
    }
    printf("random: %u patterns, %zu of them with literals, %zu matches\n", rounds * COUNT, triggered,
           matches);
    CHECK(given_up < looks / 200);
    CHECK(triggered > rounds * COUNT / 10 && matches > rounds * COUNT / 4);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 12;
    test_items(true);
    test_items(false);
    test_random(rounds);
    return test_end("filters_regex_sieve");
}
