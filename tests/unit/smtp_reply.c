/* smtp_reply.c: tests of replies made here and of replies read whole, in a trickle and at every split. */
#include "smtp/reply.h"

#include "test.h"

static const struct reply_limits LIMITS = {4096, 16};

static const struct {
    struct span input;
    long result; /* octets consumed, 0 or enum reply_error */
    unsigned code;
    unsigned count;
} READ_CASES[] = {
    {SPAN("250 ok\r\n"), 8, 250, 1},
    {SPAN("250\r\n"), 5, 250, 1},
    {SPAN("250 \r\n"), 6, 250, 1},
    {SPAN("250-\r\n250 \r\n"), 12, 250, 2},
    {SPAN("250-a\r\n250-b\r\n250\r\n"), 19, 250, 3},
    {SPAN("354 go\r\n"), 8, 354, 1},
    {SPAN("599 x\r\n"), 7, 599, 1},
    {SPAN("200 x\r\n"), 7, 200, 1},
    {SPAN("250 a\tb \x80\r\n"), 11, 250, 1},
    {SPAN("220 first\r\n250-second\r\n"), 11, 220, 1}, /* what follows belongs to nobody */
    {SPAN(""), 0, 0, 0},
    {SPAN("250 o"), 0, 0, 0},
    {SPAN("250 ok\r"), 0, 0, 0},
    {SPAN("250-a\r\n250-b\r\n"), 0, 0, 0},
    {SPAN("250-a\r\n550 b\r\n"), REPLY_MIXED, 0, 0},
    {SPAN("250-a\r\n251-b\r\n250 c\r\n"), REPLY_MIXED, 0, 0},
    {SPAN("100 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("199 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("600 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("25 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("2500 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250_x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250\tx\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN(" 250 x\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("ok\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250 ok\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250 a\rb\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250 a\r\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("250-a\r\n250 a\0b\r\n"), REPLY_SYNTAX, 0, 0},
    {SPAN("+OK pop\r\n"), REPLY_SYNTAX, 0, 0},
};

struct expectation {
    long result;
    unsigned code, count;
    struct reply_limits limits;
};

/* The reader sees the reply grow piece by piece from its start, as a session's buffer grows. */
static void feed(void *arg, struct span input, struct test_split split)
{
    const struct expectation *expected = arg;
    struct reply_reader reader = {0};
    struct reply_in in = {0};
    long n = 0;

    for (size_t have = 0; n == 0 && have < input.len;) {
        have = test_piece_end(split, have, input.len);
        n = reply_read(&reader, span_first(input, have), &expected->limits, &in);
    }
    CHECK(n == expected->result);
    if (n > 0) {
        CHECK(in.code == expected->code);
        CHECK(in.count == expected->count);
        CHECK(in.lines.ptr == input.ptr && in.lines.len == (size_t)n);
    }
}

static void test_read(void)
{
    for (size_t i = 0; i < sizeof(READ_CASES) / sizeof(READ_CASES[0]); i++) {
        struct expectation expected = {READ_CASES[i].result, READ_CASES[i].code, READ_CASES[i].count, LIMITS};
        int before = test_failures;

        test_every_split(READ_CASES[i].input, feed, &expected);
        if (test_failures != before)
            fprintf(stderr, "  in read case %zu\n", i);
    }
}

static void test_read_limits(void)
{
    struct span three = SPAN("250-a\r\n250-b\r\n250 c\r\n");

    test_every_split(three, feed, &(struct expectation){(long)three.len, 250, 3, {three.len, 3}});
    test_every_split(three, feed, &(struct expectation){REPLY_LONG, 0, 0, {three.len, 2}});
    test_every_split(three, feed, &(struct expectation){REPLY_LONG, 0, 0, {three.len - 1, 3}});
    test_every_split(three, feed, &(struct expectation){REPLY_LONG, 0, 0, {3, 3}});
    /* An endless line is refused when it reaches the bound, not when it ends. */
    test_every_split(SPAN("250 aaaaaaaaaaaa"), feed, &(struct expectation){REPLY_LONG, 0, 0, {16, 3}});
}

/* A megabyte in single octets: quadratic work would take minutes. */
static void test_read_trickle(void)
{
    enum { LINE = 1000, COUNT = 1000 };
    const struct reply_limits limits = {LINE * COUNT, COUNT};
    struct reply_reader reader = {0};
    struct reply_in in;
    char *bytes = malloc(LINE * COUNT);
    long n = 0;

    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < COUNT; i++) {
        char *line = bytes + i * LINE;
        memset(line, 'x', LINE);
        memcpy(line, i + 1 < COUNT ? "250-" : "250 ", 4);
        memcpy(line + LINE - 2, "\r\n", 2);
    }
    for (size_t have = 1; have <= LINE * COUNT; have++) {
        n = reply_read(&reader, span_of(bytes, have), &limits, &in);
        if (n != 0)
            break;
    }
    CHECK(n == LINE * COUNT);
    CHECK(in.count == COUNT);
    free(bytes);
}

static const struct {
    unsigned code;
    const char *enhanced;
    struct span line;
    bool with_enhanced;
    struct span printed;
} PRINT_CASES[] = {
    {250, "2.1.0", SPAN("Ok"), true, SPAN("250 2.1.0 Ok\r\n")},
    {250, "2.1.0", SPAN("Ok"), false, SPAN("250 Ok\r\n")},
    {354, NULL, SPAN("Go ahead"), true, SPAN("354 Go ahead\r\n")},
    {550, "5.7.1", SPAN(""), true, SPAN("550 5.7.1 \r\n")},
    {550, NULL, {NULL, 0}, true, SPAN("550 \r\n")},
    {550, "5.7.1", SPAN("a\r\n250 ok\0\x1b[0m"), true, SPAN("550 5.7.1 a??250 ok??[0m\r\n")},
    {550, "5.7.1", SPAN("gr\xc3\xbc\xc3\x9f dich"), true, SPAN("550 5.7.1 gr\xc3\xbc\xc3\x9f dich\r\n")},
    {550, "5.7.1", SPAN("gr\xfc\xdf dich"), true, SPAN("550 5.7.1 gr?? dich\r\n")},
};

static void test_print_lines(void)
{
    char bytes[4096], many[200];
    struct text text = TEXT(bytes);

    reply_print_lines(&text, 550, "5.7.1", SPAN("one\ntwo\r\n"), true);
    CHECK_SPAN(text_span(&text), SPAN("550-5.7.1 one\r\n550-5.7.1 two?\r\n550 5.7.1 \r\n"));
    text.len = 0;
    reply_print_lines(&text, 451, NULL, SPAN("one"), true);
    CHECK_SPAN(text_span(&text), SPAN("451 one\r\n"));
    text.len = 0;
    memset(many, '\n', sizeof(many));
    reply_print_lines(&text, 451, NULL, span_of(many, sizeof(many)), true); /* the last takes the rest */
    CHECK(text.len == 31 * 6 + 4 + (sizeof(many) - 31) + 2);
}

static void test_print(void)
{
    for (size_t i = 0; i < sizeof(PRINT_CASES) / sizeof(PRINT_CASES[0]); i++) {
        char bytes[1024];
        struct text text = TEXT(bytes);

        reply_print(&text, PRINT_CASES[i].code, PRINT_CASES[i].enhanced, PRINT_CASES[i].line,
                    PRINT_CASES[i].with_enhanced);
        CHECK_SPAN(text_span(&text), PRINT_CASES[i].printed);
        CHECK(!text.cut);
    }
}

static void test_print_cut(void)
{
    char line[600], bytes[1024], small[20];
    struct text text = TEXT(bytes);
    struct text full = TEXT(small);

    memset(line, 'x', sizeof(line));
    reply_print(&text, 550, "5.7.1", span_of(line, sizeof(line)), true);
    CHECK(text.len == 512);
    CHECK_SPAN(span_skip(text_span(&text), 509), SPAN("x\r\n"));

    /* 506 octets of text fit; the sequence at 505 would be torn. */
    memcpy(line + 505, "\xc3\xbc", 2);
    text = TEXT(bytes);
    reply_print(&text, 550, NULL, span_of(line, sizeof(line)), false);
    CHECK(text.len == 511);
    CHECK_SPAN(span_skip(text_span(&text), 508), SPAN("x\r\n"));

    /* A reply that does not fit leaves nothing of itself behind. */
    reply_print(&full, 250, NULL, SPAN("ok"), false);
    reply_print(&full, 550, NULL, SPAN("does not fit here"), false);
    CHECK(full.cut);
    CHECK_SPAN(text_span(&full), SPAN("250 ok\r\n"));
}

static const struct {
    struct span line;
    unsigned code;
    struct span enhanced, rest;
} ENHANCED_CASES[] = {
    {SPAN("5.7.1 no"), 550, SPAN("5.7.1"), SPAN("no")},
    {SPAN("5.7.1"), 550, SPAN("5.7.1"), SPAN("")},
    {SPAN("5.7.1 "), 550, SPAN("5.7.1"), SPAN("")},
    {SPAN("2.0.0 Ok: queued"), 250, SPAN("2.0.0"), SPAN("Ok: queued")},
    {SPAN("4.123.999 later"), 451, SPAN("4.123.999"), SPAN("later")},
    {SPAN("4.7.1 no"), 550, {NULL, 0}, SPAN("4.7.1 no")},
    {SPAN("5.07.1 no"), 550, {NULL, 0}, SPAN("5.07.1 no")},
    {SPAN("5.1234.1 no"), 550, {NULL, 0}, SPAN("5.1234.1 no")},
    {SPAN("5.7 no"), 550, {NULL, 0}, SPAN("5.7 no")},
    {SPAN("5.7. no"), 550, {NULL, 0}, SPAN("5.7. no")},
    {SPAN("5.7.1.2 no"), 550, {NULL, 0}, SPAN("5.7.1.2 no")},
    {SPAN("5.7.1no"), 550, {NULL, 0}, SPAN("5.7.1no")},
    {SPAN("3.0.0 go"), 354, {NULL, 0}, SPAN("3.0.0 go")},
    {SPAN("no"), 550, {NULL, 0}, SPAN("no")},
    {SPAN(""), 550, {NULL, 0}, SPAN("")},
};

static void test_enhanced(void)
{
    for (size_t i = 0; i < sizeof(ENHANCED_CASES) / sizeof(ENHANCED_CASES[0]); i++) {
        struct span enhanced, rest;

        reply_split_enhanced(ENHANCED_CASES[i].line, ENHANCED_CASES[i].code, &enhanced, &rest);
        CHECK_SPAN(enhanced, ENHANCED_CASES[i].enhanced);
        CHECK((enhanced.ptr == NULL) == (ENHANCED_CASES[i].enhanced.ptr == NULL));
        CHECK_SPAN(rest, ENHANCED_CASES[i].rest);
        CHECK(enhanced.len == 0 || reply_enhanced_valid(enhanced, ENHANCED_CASES[i].code));
    }
    CHECK(!reply_enhanced_valid(span_of(NULL, 0), 550));
}

/* What is relayed is composed again: separators right, octets harmless, lines within 512. */
static void test_relay(void)
{
    char long_line[700] = "250-", bytes[2048];
    struct text text = TEXT(bytes);
    struct reply_reader reader = {0};
    struct reply_in in;
    struct span one = SPAN("250-first\x1b\r\n250-\r\n250\r\n");
    struct span two = {long_line, sizeof(long_line)};

    CHECK(reply_read(&reader, one, &LIMITS, &in) == (long)one.len);
    reply_relay(&text, &in);
    CHECK_SPAN(text_span(&text), SPAN("250-first?\r\n250-\r\n250 \r\n"));

    memset(long_line + 4, 'y', sizeof(long_line) - 4);
    memcpy(long_line + sizeof(long_line) - 11, "\r\n250 end\r\n", 11);
    memset(&reader, 0, sizeof(reader));
    text = TEXT(bytes);
    CHECK(reply_read(&reader, two, &LIMITS, &in) == (long)two.len);
    reply_relay(&text, &in);
    CHECK(text.len == 512 + 9);
    CHECK_SPAN(span_skip(text_span(&text), 509), SPAN("y\r\n250 end\r\n"));
}

int main(void)
{
    test_read();
    test_read_limits();
    test_read_trickle();
    test_print();
    test_print_lines();
    test_print_cut();
    test_enhanced();
    test_relay();
    return test_end("smtp_reply");
}
