/* smtp_dot.c: DATA framing: the end-of-data table, a model that reads ahead compared with the reader over all
 * short strings and long random ones, line lengths, and the way there and back through stuffing. */
#include "smtp/dot.h"

#include "test.h"

/* What became of an input. */
struct outcome {
    char *content;
    size_t len;
    size_t consumed;
    unsigned faults;
    bool ended;
};

static void append(struct outcome *outcome, const char *bytes, size_t len)
{
    if (len > 0)
        memcpy(outcome->content + outcome->len, bytes, len);
    outcome->len += len;
}

/* The same numbers on every machine. */
static uint32_t chance(void)
{
    static uint64_t state = 20240229;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* --- the reader, in pieces ----------------------------------------------------------------------------- */

static void read_piece(struct dot_reader *reader, struct span piece, struct outcome *outcome)
{
    while (piece.len > 0 && !outcome->ended) {
        struct span run;
        enum dot_event event;
        size_t n = dot_read(reader, piece, &run, &event);

        CHECK(n > 0 && n <= piece.len);
        CHECK((event == DOT_CONTENT) == (run.len > 0));
        CHECK(event != DOT_MORE || n == piece.len);
        CHECK(run.len == 0 || run.ptr[run.len - 1] != '\r');
        append(outcome, run.ptr, run.len);
        outcome->consumed += n;
        outcome->ended = event == DOT_END;
        piece = span_skip(piece, n);
    }
    outcome->faults = reader->faults;
}

/* --- the model: the whole input at hand, one decision per octet ------------------------------------------
 */

static bool at(struct span in, size_t i, char c)
{
    return i < in.len && in.ptr[i] == c;
}

/* With DOT_REJECT, content ends at the first fault. */
static void model(struct span in, enum dot_policy policy, struct outcome *outcome)
{
    bool line_start = true;
    size_t i = 0;

    while (i < in.len) {
        bool was_start = line_start, crlf = at(in, i, '\r') && at(in, i + 1, '\n');
        char c = in.ptr[i];
        line_start = false;
        if (was_start && c == '.') {
            if (at(in, i + 1, '\r') && at(in, i + 2, '\n')) {
                outcome->ended = true;
                i += 3;
                break;
            }
            if (i + 1 == in.len || (at(in, i + 1, '\r') && i + 2 == in.len))
                break;
            i++;
            continue;
        }
        if (c == '\r' && i + 1 == in.len)
            break;
        if (!crlf)
            outcome->faults |= c == '\r' ? DOT_BARE_CR : c == '\n' ? DOT_BARE_LF : c == '\0' ? DOT_NUL : 0;
        line_start = crlf;
        i += crlf ? 2 : 1;
        if (policy == DOT_REJECT && outcome->faults != 0)
            continue;
        append(outcome, c == '\r' || c == '\n' ? "\r\n" : &c, c == '\r' || c == '\n' ? 2 : c != '\0');
    }
    outcome->consumed = outcome->ended ? i : in.len;
}

/* --- every short string ----------------------------------------------------------------------------------
 */

/* Pieces end behind octet i where bit i of cuts is set. */
static void check_cuts(struct span in, enum dot_policy policy, unsigned cuts, const struct outcome *expected)
{
    struct dot_reader reader = {.policy = policy};
    char content[64];
    struct outcome actual = {.content = content};
    size_t from = 0;

    for (size_t i = 0; i < in.len; i++)
        if ((cuts >> i & 1u) != 0 || i + 1 == in.len) {
            read_piece(&reader, span_of(in.ptr + from, i + 1 - from), &actual);
            from = i + 1;
        }
    if (actual.ended != expected->ended || actual.consumed != expected->consumed ||
        actual.faults != expected->faults ||
        !span_eq(span_of(actual.content, actual.len), span_of(expected->content, expected->len))) {
        test_failures++;
        fprintf(stderr, "policy %d cuts %x:", (int)policy, cuts);
        for (size_t i = 0; i < in.len; i++)
            fprintf(stderr, " %02x", (unsigned)(unsigned char)in.ptr[i]);
        fprintf(stderr, "\n");
    }
}

static void test_short_strings(void)
{
    static const char alphabet[] = {'\r', '\n', '.', 'x', '\0'};
    char in[7], content[64];

    for (size_t len = 0, count = 1; len <= sizeof(in); len++, count *= sizeof(alphabet))
        for (size_t number = 0; number < count; number++) {
            size_t rest = number;
            for (size_t i = 0; i < len; i++, rest /= sizeof(alphabet))
                in[i] = alphabet[rest % sizeof(alphabet)];
            for (enum dot_policy policy = DOT_REJECT; policy <= DOT_NORMALISE; policy++) {
                struct outcome expected = {.content = content};
                model(span_of(in, len), policy, &expected);
                check_cuts(span_of(in, len), policy, 0, &expected);
                check_cuts(span_of(in, len), policy, ~0u, &expected);
                for (unsigned cuts = 1; len <= 5 && len > 0 && cuts < 1u << (len - 1); cuts++)
                    check_cuts(span_of(in, len), policy, cuts, &expected);
            }
        }
}

/* --- the end-of-data table -------------------------------------------------------------------------------
 */

struct dot_case {
    struct span input;
    struct span content; /* with DOT_NORMALISE */
    bool ended;
    unsigned faults;
    size_t
        before; /* octets of content before the first fault: all that DOT_REJECT gives; unused without one */
};

#define S(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }
#define CR DOT_BARE_CR
#define LF DOT_BARE_LF

static const struct dot_case cases[] = {
    {S("a\r\n.\r\n"), S("a\r\n"), true, 0, 0},
    /* A-1 … A-12: none of these is an end, and no bare CR or LF gets through */
    {S("a\n.\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, LF, 1},
    {S("a\n.\r\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, LF, 1},
    {S("a\r\n.\nb\r\n.\r\n"), S("a\r\n\r\nb\r\n"), true, LF, 3},
    {S("a\r.\rb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, CR, 1},
    {S("a\r.\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, CR | LF, 1},
    {S("a\n.\rb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, CR | LF, 1},
    {S("a\r\n.\rb\r\n.\r\n"), S("a\r\n\r\nb\r\n"), true, CR, 3},
    {S("a\r.\r\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, CR, 1},
    {S("a\r\n.\r\r\nb\r\n.\r\n"), S("a\r\n\r\n\r\nb\r\n"), true, CR, 3},
    {S("a\r\r\n.\r\r\nb\r\n.\r\n"), S("a\r\n\r\n\r\n\r\nb\r\n"), true, CR, 1},
    {S("a\r\n.\n\r\nb\r\n.\r\n"), S("a\r\n\r\n\r\nb\r\n"), true, LF, 3},
    {S("a\n\n.\r\nb\r\n.\r\n"), S("a\r\n\r\n.\r\nb\r\n"), true, LF, 1},
    {S("a\r\n\n.\nb\r\n.\r\n"), S("a\r\n\r\n.\r\nb\r\n"), true, LF, 3},
    /* these hold CRLF.CRLF */
    {S("a\r\r\n.\r\n"), S("a\r\n\r\n"), true, CR, 1},
    {S("a\0\r\n.\r\n"), S("a\r\n"), true, DOT_NUL, 1},
    /* A-13 … A-15 */
    {S("a\r\n.\0\r\nb\r\n.\r\n"), S("a\r\n\r\nb\r\n"), true, DOT_NUL, 3},
    {S("a\r\n\0.\r\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, DOT_NUL, 3},
    {S("a\r\n.\r\0\nb\r\n.\r\n"), S("a\r\n\r\n\r\nb\r\n"), true, CR | LF | DOT_NUL, 3},
    {S("a\r\0\nb\r\n.\r\n"), S("a\r\n\r\nb\r\n"), true, CR | LF | DOT_NUL, 1},
    /* no other octets end a line or stand for a dot */
    {S("a\r\n. \r\nb\r\n.\r\n"), S("a\r\n \r\nb\r\n"), true, 0, 0},
    {S("a\r\n.\t\r\n.\r\n"), S("a\r\n\t\r\n"), true, 0, 0},
    {S("a\v.\v\f.\f\r\n.\r\n"), S("a\v.\v\f.\f\r\n"), true, 0, 0},
    {S("a\r\n.\v\r\n.\r\n"), S("a\r\n\v\r\n"), true, 0, 0},
    {S("a\r\n.\x85\r\n\x85.\x85\r\n.\r\n"), S("a\r\n\x85\r\n\x85.\x85\r\n"), true, 0, 0},
    {S("\xc2\x85.\xc2\x85\r\n.\r\n"), S("\xc2\x85.\xc2\x85\r\n"), true, 0, 0},
    {S("\xe2\x80\xa8.\xe2\x80\xa8\r\n.\r\n"), S("\xe2\x80\xa8.\xe2\x80\xa8\r\n"), true, 0, 0},
    {S("a\r\n\xef\xbc\x8e\r\n.\r\n"), S("a\r\n\xef\xbc\x8e\r\n"), true, 0, 0},
    /* one dot of two is content */
    {S("a\r\n..\r\nb\r\n.\r\n"), S("a\r\n.\r\nb\r\n"), true, 0, 0},
    {S("..\r\n...\r\n.x\r\nx.\r\n.\r\n"), S(".\r\n..\r\nx\r\nx.\r\n"), true, 0, 0},
    /* */
    {S("a\r\n.\r\nMAIL FROM:<>\r\n"), S("a\r\n"), true, 0, 0},
    {S("a\r\n.\r\n\0"), S("a\r\n"), true, 0, 0},
    {S(".\r\n"), S(""), true, 0, 0},
    {S(".\r\n.\r\n"), S(""), true, 0, 0},
    {S("\r\n.\r\n"), S("\r\n"), true, 0, 0},
    /* cut short */
    {S(""), S(""), false, 0, 0},
    {S("."), S(""), false, 0, 0},
    {S(".\r"), S(""), false, 0, 0},
    {S("a\r\n.\r"), S("a\r\n"), false, 0, 0},
    {S("a\r\n."), S("a\r\n"), false, 0, 0},
    {S("a\r"), S("a"), false, 0, 0},
    {S("a\n.\n"), S("a\r\n.\r\n"), false, LF, 1},
    {S(".\n"), S("\r\n"), false, LF, 0},
};

struct framing_case {
    const struct dot_case *row;
    enum dot_policy policy;
};

static void feed(void *arg, struct span input, struct test_split split)
{
    const struct framing_case *c = arg;
    struct dot_reader reader = {.policy = c->policy};
    char content[128];
    struct outcome actual = {.content = content};

    for (size_t from = 0; from < input.len;) {
        size_t end = test_piece_end(split, from, input.len);
        read_piece(&reader, span_of(input.ptr + from, end - from), &actual);
        from = end;
    }
    CHECK(actual.ended == c->row->ended && actual.faults == c->row->faults);
    CHECK_SPAN(span_of(content, actual.len), c->policy == DOT_NORMALISE || c->row->faults == 0
                                                 ? c->row->content
                                                 : span_first(c->row->content, c->row->before));
}

static void test_table(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int before = test_failures;
        test_every_split(cases[i].input, feed, &(struct framing_case){&cases[i], DOT_NORMALISE});
        test_every_split(cases[i].input, feed, &(struct framing_case){&cases[i], DOT_REJECT});
        if (test_failures != before)
            fprintf(stderr, "in row %zu of the end-of-data table\n", i);
    }
}

/* --- long random inputs ----------------------------------------------------------------------------------
 */

#define LONGEST 150000

/* Mostly text; every `rarity`th octet or so is special: CRLF, CRLF and a dot, or one of `noise`. */
static size_t random_text(char *to, size_t len, uint32_t rarity, struct span noise)
{
    size_t n = 0;

    while (n + 3 <= len) {
        uint32_t dice = chance() % rarity;
        struct span next = span_of(&"abcdefgh"[chance() % 8], 1);
        if (dice == 0)
            next = SPAN("\r\n");
        else if (dice == 1)
            next = SPAN("\r\n.");
        else if (dice == 2 && noise.len > 0)
            next = span_of(noise.ptr + chance() % noise.len, 1);
        memcpy(to + n, next.ptr, next.len);
        n += next.len;
    }
    return n;
}

static void read_random_pieces(struct span in, uint32_t longest, struct dot_reader *reader,
                               struct outcome *outcome)
{
    while (in.len > 0 && !outcome->ended) {
        struct span piece = span_first(in, 1 + chance() % longest);
        read_piece(reader, piece, outcome);
        in = span_skip(in, piece.len);
    }
}

static void test_random_noise(void)
{
    static char in[4000], expected_content[8000], actual_content[8000];

    for (int round = 0; round < 4000; round++) {
        enum dot_policy policy = round % 2 == 0 ? DOT_NORMALISE : DOT_REJECT;
        struct span text = span_of(in, random_text(in, chance() % sizeof(in), 4 + chance() % 400,
                                                   span_of("\r\n.\0.\n\r", (size_t)(chance() % 8))));
        struct outcome expected = {.content = expected_content}, actual = {.content = actual_content};
        struct dot_reader reader = {.policy = policy};
        model(text, policy, &expected);
        read_random_pieces(text, round % 3 == 0 ? 7 : 3000, &reader, &actual);
        CHECK(actual.ended == expected.ended && actual.faults == expected.faults);
        CHECK(actual.consumed == expected.consumed && actual.len == expected.len);
        CHECK(memcmp(actual_content, expected_content, expected.len) == 0);
    }
}

/* --- there and back --------------------------------------------------------------------------------------
 */

/* Stuffs content given in random pieces through a text of random size. Returns octets written. */
static size_t stuff(struct span content, uint32_t longest, char *to)
{
    struct dot_writer writer = {0};
    size_t len = 0;

    while (content.len > 0) {
        struct span piece = span_first(content, 1 + chance() % longest);
        content = span_skip(content, piece.len);
        while (piece.len > 0) {
            size_t room = chance() % (longest + 2);
            struct text text = {to + len, 0, room, false};
            size_t n = dot_write(&writer, piece, &text);
            CHECK(n <= piece.len && (n > 0 || room < 2) && !text.cut);
            len += text.len;
            piece = span_skip(piece, n);
        }
    }
    memcpy(to + len, dot_end(&writer).ptr, dot_end(&writer).len);
    return len + dot_end(&writer).len;
}

static void check_round_trip(struct span content, uint32_t longest)
{
    static char wire[2 * LONGEST + 8], back[2 * LONGEST + 8];
    struct dot_reader reader = {.policy = DOT_REJECT};
    struct outcome outcome = {.content = back};
    size_t len = stuff(content, longest, wire);
    bool whole = content.len == 0 || content.ptr[content.len - 1] == '\n';

    read_random_pieces(span_of(wire, len), longest, &reader, &outcome);
    CHECK(outcome.ended && outcome.faults == 0 && outcome.consumed == len);
    CHECK(outcome.len == content.len + (whole ? 0 : 2));
    CHECK(memcmp(back, content.ptr, content.len) == 0);
    CHECK(whole || memcmp(back + content.len, "\r\n", 2) == 0);
}

static void test_round_trip(void)
{
    static const size_t sizes[] = {0,   3,   4,    63,    64,    65,    66,     127,
                                   128, 129, 1000, 65535, 65536, 65540, LONGEST};
    static char content[LONGEST];

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (uint32_t rarity = 3; rarity < 3000; rarity *= 3) {
            size_t len = random_text(content, sizes[i], rarity, SPAN("."));
            check_round_trip(span_of(content, len), sizes[i] > 1000 ? 5000 : 5);
        }
    for (uint32_t len = 0; len < 300; len++) {
        memset(content, '.', len); /* */
        check_round_trip(span_of(content, len), 1 + len);
    }
}

/* What the writer puts on the wire, octet for octet. */
static void test_writer(void)
{
    struct dot_writer writer = {0};
    char bytes[64];
    struct text text = TEXT(bytes);

    CHECK_SPAN(dot_end(&writer), SPAN(".\r\n"));
    CHECK(dot_write(&writer, SPAN(".\r\n..a\r\nb.\r\n.c"), &text) == 14);
    CHECK_SPAN(text_span(&text), SPAN("..\r\n...a\r\nb.\r\n..c"));
    CHECK_SPAN(dot_end(&writer), SPAN("\r\n.\r\n"));
    CHECK(dot_write(&writer, SPAN(".\r\n"), &text) == 3);
    CHECK_SPAN(text_span(&text), SPAN("..\r\n...a\r\nb.\r\n..c.\r\n"));
    CHECK_SPAN(dot_end(&writer), SPAN(".\r\n"));

    text = (struct text){bytes, 0, 2, false};
    CHECK(dot_write(&writer, SPAN(".x"), &text) == 1);
    CHECK_SPAN(text_span(&text), SPAN(".."));
    CHECK(dot_write(&writer, SPAN("x"), &text) == 0 && !text.cut);
}

/* --- line lengths ----------------------------------------------------------------------------------------
 */

/* A line of n octets with its line end, between two short ones. */
static void check_line(size_t n, struct span start, struct span end, unsigned faults)
{
    static char in[3000], content[3000];
    static const uint32_t longest[] = {1, 3, 100, 3000};
    struct text text = TEXT(in);

    text_add(&text, SPAN("short\r\n"));
    text_add(&text, start);
    while (text.len < 7 + start.len + n - 2)
        text_char(&text, 'x');
    text_add(&text, end);
    text_add(&text, SPAN("short\r\n.\r\n"));
    for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++) {
        struct dot_reader reader = {.policy = DOT_NORMALISE, .line_limit = 1000};
        struct outcome outcome = {.content = content};
        read_random_pieces(text_span(&text), longest[i], &reader, &outcome);
        CHECK(outcome.ended && outcome.faults == faults);
    }
}

static void test_line_limit(void)
{
    struct dot_reader reader = {.policy = DOT_NORMALISE, .line_limit = 10};
    char content[32];
    struct outcome outcome = {.content = content};

    for (size_t n = 2; n <= 2100; n += n < 990 ? 13 : n < 1010 ? 1 : 101) {
        unsigned faults = n > 1000 ? DOT_LONG_LINE : 0;
        check_line(n, SPAN(""), SPAN("\r\n"), faults);
        check_line(n, SPAN("."), SPAN("\r\n"), n == 2 ? 0 : faults);
        check_line(n, SPAN(""), SPAN("\n"), faults | LF);
        check_line(n, SPAN(""), SPAN("\ry\r\n"), faults | CR);
    }
    read_piece(&reader, SPAN("12345678"), &outcome);
    read_piece(&reader, SPAN("\r\n1234567890"), &outcome);
    CHECK(outcome.faults == 0);
    read_piece(&reader, SPAN("1"), &outcome);
    CHECK(outcome.faults == DOT_LONG_LINE && outcome.len == 21);
}

int main(void)
{
    test_table();
    test_short_strings();
    test_random_noise();
    test_round_trip();
    test_writer();
    test_line_limit();
    return test_end("smtp_dot");
}
