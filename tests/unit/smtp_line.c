/* smtp_line.c: command lines out of a stream: what ends one, what is wrong in one, and how long one may be.
 */
#include "smtp/line.h"

#include "test.h"

/* The lines that a stream is expected to hold; a line of NULL ends the list. */
struct line_case {
    struct span input;
    struct {
        const char *line;
        unsigned faults;
    } expected[4];
    size_t left; /* octets of an incomplete line behind them */
};

#define LIMIT 16
#define INPUT(literal)                                                                                       \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

static const struct line_case cases[] = {
    {INPUT("NOOP\r\n"), {{"NOOP", 0}}, 0},
    {INPUT("\r\n\r\n"), {{"", 0}, {"", 0}}, 0},
    {INPUT("RSET\r\nQUIT\r\n"), {{"RSET", 0}, {"QUIT", 0}}, 0},
    {INPUT("RSET\r\nQU"), {{"RSET", 0}}, 2},
    {INPUT("RSET\r\nQUIT\r"), {{"RSET", 0}}, 5},
    {INPUT("a\nb\r\n"), {{"a\nb", LINE_BARE_LF}}, 0},
    {INPUT("\nb\r\n"), {{"\nb", LINE_BARE_LF}}, 0},
    {INPUT("a\n\r\n"), {{"a\n", LINE_BARE_LF}}, 0},
    {INPUT("a\rb\r\n"), {{"a\rb", LINE_BARE_CR}}, 0},
    {INPUT("a\r\r\n"), {{"a\r", LINE_BARE_CR}}, 0},
    {INPUT("\n\r\r\n"), {{"\n\r", LINE_BARE_LF | LINE_BARE_CR}}, 0},
    {INPUT("a\nb\r\nQUIT\r\n"), {{"a\nb", LINE_BARE_LF}, {"QUIT", 0}}, 0},
    {INPUT("a\r\nb\nc"), {{"a", 0}}, 3},
    {INPUT("12345678901234\r\n"), {{"12345678901234", 0}}, 0},
    {INPUT("123456789012345\r\n"), {{"", LINE_TOO_LONG}}, 0},
    {INPUT("1234567890123456\r\nQUIT\r\n"), {{"", LINE_TOO_LONG}, {"QUIT", 0}}, 0},
    {INPUT("12345678901234567890\r\nQUIT\r\n"), {{"", LINE_TOO_LONG}, {"QUIT", 0}}, 0},
    {INPUT("1234567890\n12345678901234567\r90\r\n\r\n"),
     {{"", LINE_TOO_LONG | LINE_BARE_LF | LINE_BARE_CR}, {"", 0}},
     0},
    {INPUT("12345678901234567890\r\r\nQ\r\n"), {{"", LINE_TOO_LONG | LINE_BARE_CR}, {"Q", 0}}, 0},
};

/* Feeds the pieces as a connection does: what is not consumed stays in front of what comes next. */
static void feed(void *arg, struct span input, struct test_split split)
{
    const struct line_case *c = arg;
    struct line line = {0};
    size_t count = 0, from = 0, end = 0;

    while (end < input.len) {
        end = test_piece_end(split, end, input.len);
        for (size_t n = 1; n > 0 && from < end; from += n) {
            struct span out, held = span_of(input.ptr + from, end - from);
            unsigned faults = 0;
            n = line_next(&line, held, LIMIT, &out, &faults);
            CHECK(n <= held.len && (n > 0 || held.len <= LIMIT));
            if (out.ptr == NULL)
                continue;
            REQUIRE(n > 0 && count < 4 && c->expected[count].line != NULL);
            CHECK_SPAN(out, span_str(c->expected[count].line));
            CHECK(faults == c->expected[count++].faults);
        }
    }
    CHECK(count == 4 || c->expected[count].line == NULL);
    CHECK(input.len - from == c->left);
}

static void test_nul(void)
{
    struct line line = {0};
    struct span out;
    unsigned faults = 0;

    CHECK(line_next(&line, span_of("a\0b\r\n", 5), LIMIT, &out, &faults) == 5);
    CHECK_SPAN(out, span_of("a\0b", 3));
    CHECK(faults == LINE_NUL);
    CHECK(line_next(&line, span_of(NULL, 0), LIMIT, &out, &faults) == 0);
}

/* The limit of RFC 5321 4.5.3.1.4, crossed by one line of `len` octets (CRLF included), in pieces of `piece`
 * octets through a window of 1024: never more than limit + piece octets are held. */
static void check_length(size_t len, size_t piece)
{
    static char window[1024];
    struct line line = {0};
    size_t held = 0, sent = 0, lines = 0;

    while (sent < len) {
        for (size_t i = 0; i < piece && sent < len; i++, sent++)
            window[held++] = "\n\rx"[len - sent < 3 ? len - sent - 1 : 2];
        for (size_t n = 1; n > 0; held -= n) {
            struct span out;
            unsigned faults = 0;
            n = line_next(&line, span_of(window, held), 512, &out, &faults);
            if (out.ptr != NULL) {
                CHECK(faults == (len > 512 ? LINE_TOO_LONG : 0));
                CHECK(out.len == (len > 512 ? 0 : len - 2));
                lines++;
            }
            memmove(window, window + n, held - n);
        }
        CHECK(held <= 512);
    }
    CHECK(lines == 1 && held == 0);
}

static void test_lengths(void)
{
    static const size_t lengths[] = {2, 510, 511, 512, 513, 514, 1000, 1024, 1025, 65536, 1 << 20};
    static const size_t pieces[] = {1, 2, 3, 511, 512};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++)
            check_length(lengths[i], pieces[j]);
}

/* A trickle: no octet is searched twice, and up to the limit nothing is dropped. */
static void test_trickle(void)
{
    struct line line = {0};
    struct span out;
    unsigned faults = 0;
    char bytes[LIMIT + 1];

    memset(bytes, 'x', sizeof(bytes));
    for (size_t n = 1; n <= LIMIT; n++) {
        CHECK(line_next(&line, span_of(bytes, n), LIMIT, &out, &faults) == 0);
        CHECK(line.seen == n);
    }
    bytes[LIMIT] = '\r';
    CHECK(line_next(&line, span_of(bytes, LIMIT + 1), LIMIT, &out, &faults) == LIMIT);
    CHECK(out.ptr == NULL && line.seen == 1);
}

/* A line that never ends is dropped for ever in bounded memory and costs no more than its octets. */
static void test_endless(void)
{
    struct line line = {0};
    struct span out;
    unsigned faults = 0;
    char block[700];

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 100000; i++) {
        CHECK(line_next(&line, span_of(block, sizeof(block)), 512, &out, &faults) == sizeof(block));
        CHECK(out.ptr == NULL && line.seen == 0);
    }
    CHECK(line_next(&line, SPAN("\r"), 512, &out, &faults) == 0);
    CHECK(line_next(&line, SPAN("\r\nQUIT\r\n"), 512, &out, &faults) == 2);
    CHECK(out.ptr != NULL && out.len == 0 && faults == LINE_TOO_LONG);
    CHECK(line_next(&line, SPAN("QUIT\r\n"), 512, &out, &faults) == 6);
    CHECK_SPAN(out, SPAN("QUIT"));
    CHECK(faults == 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int before = test_failures;
        struct line_case c = cases[i];
        test_every_split(c.input, feed, &c);
        if (test_failures != before)
            fprintf(stderr, "in case %zu\n", i);
    }
    test_nul();
    test_lengths();
    test_trickle();
    test_endless();
    return test_end("smtp_line");
}
