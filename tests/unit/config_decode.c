/* Every type of key, decoded and complained about, all at once. */
#include "config/decode.h"

#include "config/parse.h"
#include "config_fixture.h"

struct row {
    const char *key;
    int64_t weight;
};

struct inner {
    bool on;
    const char *must;
};

struct sample {
    bool flag;
    int64_t number, signed_number;
    uint64_t size, time;
    const char *text;
    int word;
    struct option_strings strings;
    struct option_networks networks;
    uint64_t words;
    struct inner inner;
    struct option_rows rows;
};

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct option row_keys[] = {
    {.key = "key", .type = OPTION_STRING, .offset = offsetof(struct row, key), .required = true},
    {.key = "weight", .type = OPTION_INT, .offset = offsetof(struct row, weight), .fallback = "7", .max = 9},
    {0},
};
static const struct option inner_keys[] = {
    {.key = "on", .type = OPTION_BOOL, .offset = offsetof(struct inner, on), .fallback = "true"},
    {.key = "must", .type = OPTION_STRING, .offset = offsetof(struct inner, must), .required = true},
    {0},
};

#define AT(member) .offset = offsetof(struct sample, member)
static const struct option keys[] = {
    {.key = "flag", .type = OPTION_BOOL, AT(flag)},
    {.key = "number", .type = OPTION_INT, AT(number), .fallback = "5", .min = 1, .max = 10},
    {.key = "signed", .type = OPTION_INT, AT(signed_number), .min = -3, .max = 0},
    {.key = "size", .type = OPTION_SIZE, AT(size), .fallback = "1KiB", .min = 1024, .max = 1048576},
    {.key = "time", .type = OPTION_DURATION, AT(time), .fallback = "2s", .min = 1},
    {.key = "text", .type = OPTION_STRING, AT(text), .fallback = "a: [b"},
    {.key = "word", .type = OPTION_ENUM, AT(word), .words = colours, .fallback = "green"},
    {.key = "strings", .type = OPTION_STRINGS, AT(strings), .fallback = "[p, q]"},
    {.key = "networks", .type = OPTION_NETWORKS, AT(networks)},
    {.key = "words", .type = OPTION_WORDS, AT(words), .words = colours, .fallback = "[red, blue]"},
    {.key = "inner", .type = OPTION_MAP, AT(inner), .row = inner_keys},
    {.key = "rows", .type = OPTION_ROWS, AT(rows), .row = row_keys, .row_size = sizeof(struct row)},
    {0},
};

static void decode(struct fixture *f, const char *yaml, struct sample *out)
{
    const struct section section = {keys, out};
    struct node *root;

    fixture_begin(f);
    *out = (struct sample){0};
    root = parse_text(span_str(yaml), &f->arena, &f->complaints);
    if (root != NULL)
        decode_map(&f->decoder, root, &section, 1);
}

static void test_defaults(void)
{
    struct fixture f;
    struct sample s;

    decode(&f, "", &s);
    CHECK_TEXT(fixture_said(&f), "");
    CHECK(!s.flag && s.number == 5 && s.signed_number == 0 && s.size == 1024 && s.time == 2000);
    CHECK_TEXT(s.text, "a: [b");
    CHECK(s.word == 1 && s.words == 5 && s.networks.count == 0 && s.rows.count == 0);
    REQUIRE(s.strings.count == 2 && s.strings.items != NULL);
    CHECK_TEXT(s.strings.items[1], "q");
    CHECK(s.inner.on && s.inner.must == NULL);
    fixture_end(&f);
}

static void test_values(void)
{
    struct fixture f;
    struct sample s;
    const struct row *rows;

    decode(&f,
           "flag: true\nnumber: 10\nsigned: -3\nsize: 1MiB\ntime: 1h\ntext: 25\nword: blue\n"
           "strings: one\nnetworks: [10.0.0.0/8, '::1']\nwords: [green]\ninner: {must: x, on: false}\n"
           "rows: [short, {key: long, weight: 9}, {key: default}]\n",
           &s);
    CHECK_TEXT(fixture_said(&f), "");
    CHECK(s.flag && s.number == 10 && s.signed_number == -3 && s.size == 1048576 && s.time == 3600000);
    CHECK_TEXT(s.text, "25");
    CHECK(s.word == 2 && s.words == 2 && s.strings.count == 1);
    REQUIRE(s.networks.count == 2 && s.networks.items != NULL);
    CHECK(s.networks.items[1].family == 6 && s.networks.items[0].prefix == 8);
    CHECK(!s.inner.on);
    rows = s.rows.items;
    REQUIRE(s.rows.count == 3 && rows != NULL);
    CHECK_TEXT(rows[0].key, "short");
    CHECK(rows[0].weight == 7 && rows[1].weight == 9);
    fixture_end(&f);

    decode(&f, "rows: alone\nwords: red\nstrings:\n", &s);
    CHECK_TEXT(fixture_said(&f), "");
    CHECK(s.rows.count == 1 && s.words == 1 && s.strings.count == 0);
    fixture_end(&f);
}

#define ALL_KEYS         "flag, number, signed, size, time, text, word, strings, networks, words, inner, rows"
#define NETWORKS_ALLOWED "allowed: such as 192.0.2.1, 192.0.2.0/24, 2001:db8::/32\n"

static void test_complaints(void)
{
    static const struct {
        const char *yaml, *said;
    } cases[] = {
        {"flag: yes", "f:1:7: flag: \"yes\" is neither; allowed: true, false\n"},
        {"flag:", "f:1:6: flag: is empty; allowed: true, false\n"},
        {"flag: [true]", "f:1:7: flag: is a list; allowed: true, false\n"},
        {"number: 11", "f:1:9: number: 11 is out of range; allowed: a whole number, 1 to 10\n"},
        {"number: ten", "f:1:9: number: \"ten\" is not a whole number; allowed: a whole number, 1 to 10\n"},
        {"signed: 1", "f:1:9: signed: 1 is out of range; allowed: a whole number, -3 to 0\n"},
        {"size: 1", "f:1:7: size: 1 is out of range; allowed: a size such as 64KiB, 1KiB to 1MiB\n"},
        {"size: 10M", "f:1:7: size: \"10M\" is not a size; allowed: a size such as 64KiB, 1KiB to 1MiB\n"},
        {"time: 30",
         "f:1:7: time: \"30\" is not a time with its unit; allowed: a time such as 30s, 1ms or more\n"},
        {"time: 9999999999999h",
         "f:1:7: time: 9999999999999h is out of range; allowed: a time such as 30s, 1ms or more\n"},
        {"text: {a: b}", "f:1:7: text: is a map; allowed: text\n"},
        {"word: bleu", "f:1:7: word: \"bleu\" is not known; allowed: red, green, blue; did you mean "
                       "\"blue\"?\n"},
        {"word: pink", "f:1:7: word: \"pink\" is not known; allowed: red, green, blue\n"},
        {"strings: {a: b}", "f:1:10: strings: is a map; allowed: a list of texts, or file:PATH\n"},
        {"networks: [10.0.0.0/8, 10.0.0.0/40]",
         "f:1:24: networks[1]: \"10.0.0.0/40\" is neither an address nor a network; " NETWORKS_ALLOWED},
        {"networks: 10.1.2.3/8",
         "f:1:11: networks[0]: \"10.1.2.3/8\" has bits set behind its prefix; allowed: a "
         "network; did you mean \"10.0.0.0/8\"?\n"},
        {"words: [red, gren]",
         "f:1:14: words[1]: \"gren\" is not known; allowed: red, green, blue; did you mean "
         "\"green\"?\n"},
        {"words: [[red]]", "f:1:9: words[0]: is a list; allowed: a list of red, green, blue\n"},
        {"words: {red: 1}", "f:1:8: words: is a map; allowed: a list of red, green, blue\n"},
        {"inner: {}", "f:1:8: inner.must: is missing; allowed: text\n"},
        {"inner:", "f:1:7: inner.must: is missing; allowed: text\n"},
        {"inner: [a]", "f:1:8: inner: is a list, not a map; allowed: on, must\n"},
        {"inner: {must: a, onn: true}",
         "f:1:18: inner.onn: is not a key; allowed: on, must; did you mean \"on\"?\n"},
        {"rows: [{weight: 3}, [x], {key: k, weight: 10}]",
         "f:1:8: rows[0].key: is missing; allowed: text\n"
         "f:1:21: rows[1]: is a list, not a map; allowed: key, weight\n"
         "f:1:43: rows[2].weight: 10 is out of range; allowed: a whole number, 0 to 9\n"},
        {"numbr: 3\nFlag: true\n",
         "f:1:1: numbr: is not a key; allowed: " ALL_KEYS "; did you mean \"number\"?\n"
         "f:2:1: Flag: is not a key; allowed: " ALL_KEYS "; did you mean \"flag\"?\n"},
        {"[a]", "f:1:1: is a list, not a map; allowed: " ALL_KEYS "\n"},
        {"word: \"bl\\nue\"", "f:1:7: word: \"bl?ue\" is not known; allowed: red, green, blue; did you mean "
                              "\"blue\"?\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture f;
        struct sample s;
        decode(&f, cases[i].yaml, &s);
        CHECK_TEXT(fixture_said(&f), cases[i].said);
        fixture_end(&f);
    }
}

/* Any arena that is too small is complained about, never a crash. */
static void test_memory(void)
{
    static const char yaml[] = "strings: [a, b]\nnetworks: 10.0.0.0/8\nrows: [a, b]\nwords: red\n";
    struct fixture f;
    struct sample s;
    bool fitted = false;

    for (size_t limit = 2500; limit < 8000; limit += 16) {
        const struct section section = {keys, &s};
        struct node *root;
        s = (struct sample){0};
        fixture_begin(&f);
        f.arena.limit = limit;
        root = parse_text(SPAN(yaml), &f.arena, &f.complaints);
        if (root != NULL)
            decode_map(&f.decoder, root, &section, 1);
        CHECK((f.complaints.count > 0) == f.complaints.starved);
        fitted = f.complaints.count == 0;
        fixture_end(&f);
    }
    CHECK(fitted);
}

int main(void)
{
    test_defaults();
    test_values();
    test_complaints();
    test_memory();
    return test_end("config_decode");
}
