/* mail_header_print.c: fields as they are written: harmless, folded where they grow long, folding kept. */
#include "mail/header_print.h"

#include "test.h"

#define TEN "123456789 "

static const struct row {
    struct span name, value;
    const char *out; /* NULL: cannot be written */
} rows[] = {
    {{"X", 1}, {"", 0}, "X:\r\n"},
    {{"X", 1}, {"  ", 2}, "X:\r\n"},
    {{"X", 1}, {"a", 1}, "X: a\r\n"},
    {{"X", 1}, {" \ta  b \r\n ", 10}, "X: a  b\r\n"},
    {{"X", 1}, {"a\r\nBcc: b\0c\x7f\x01", 14}, "X: a  Bcc: b c\r\n"},
    {{"X", 1}, {"a\tb", 3}, "X: a\tb\r\n"},
    {{"X", 1}, {"caf\xc3\xa9", 5}, "X: caf\xc3\xa9\r\n"},
    {{"", 0}, {"a", 1}, NULL},
    {{"X Y", 3}, {"a", 1}, NULL},
    {{"X:Y", 3}, {"a", 1}, NULL},
    {{"X\n", 2}, {"a", 1}, NULL},
    {{"X\xc3", 2}, {"a", 1}, NULL},
    /* folding stays; what only looks like it does not */
    {{"X", 1}, {"a\r\n b\r\n\tc", 10}, "X: a\r\n b\r\n\tc\r\n"},
    {{"X", 1}, {"\r\n a", 4}, "X: a\r\n"},
    {{"X", 1}, {"a \r\n  b", 7}, "X: a\r\n  b\r\n"},
    {{"X", 1}, {"a\r\n \r\n b", 8}, "X: a\r\n b\r\n"},
    {{"X", 1}, {"a\n b\r c\r\n\r\nd", 12}, "X: a  b  c    d\r\n"},
    {{"X", 1},
     {"a\r\n\x01"
      "b",
      5},
     "X: a   b\r\n"},
    {{"X", 1},
     {TEN TEN TEN TEN TEN TEN TEN TEN "end", 83},
     "X: " TEN TEN TEN TEN TEN TEN "123456789\r\n 123456789 end\r\n"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size = header_print_size(rows[i].name, rows[i].value);
        char *out = malloc(size);
        size_t len;

        REQUIRE(out != NULL);
        len = header_print(rows[i].name, rows[i].value, out, size);
        CHECK((len != 0) == (rows[i].out != NULL));
        if (len != 0)
            CHECK_SPAN(span_of(out, len), span_str(rows[i].out));
        free(out);
    }
}

/* Words, spaces and line breaks of every length: no line above 998 octets, none of spaces only, no octet
 * lost, and never more octets than header_print_size() says. */
static void test_folding(void)
{
    static char value[4000], out[8000];

    for (size_t word = 1; word <= 1000; word += word < 100 ? 1 : 25)
        for (size_t spaces = 1; spaces <= 13; spaces += 3) {
            size_t line = 0, ink = 0, wanted = 0, len;
            for (size_t i = 0; i < sizeof(value); i++) {
                size_t at = i % (word + spaces);
                value[i] = ' ';
                if (at < word)
                    value[i] = 'x';
                else if (at <= word + 2 && at > word)
                    value[i] = "\r\n"[at - word - 1];
                wanted += value[i] == 'x';
            }
            len = header_print_size(SPAN("Name"), span_of(value, sizeof(value)));
            REQUIRE(len <= sizeof(out));
            len = header_print(SPAN("Name"), span_of(value, sizeof(value)), out, len);
            CHECK((len != 0) == (word + (spaces > 6 ? spaces : 6) <= 998));
            for (size_t i = 0; i < len; i++) {
                size_t on_line = i - line;
                ink += out[i] == 'x';
                if (out[i] != '\n')
                    continue;
                CHECK(on_line <= 999 && out[i - 1] == '\r' && out[i - 2] != ' ');
                CHECK(word > 60 || on_line <= 79);
                CHECK(i + 1 == len || out[i + 1] == ' ');
                line = i + 1;
            }
            CHECK(len == 0 || (ink == wanted && line == len));
        }
}

static void test_exact(void)
{
    static const struct {
        const char *name, *value, *printed;
    } cases[] = {
        {"X-A", " one", "X-A: one\r\n"},
        {"X-A", "one", "X-A:one\r\n"},
        {"X-A", "  one  two ", "X-A:  one  two \r\n"},
        {"X-A", " v=1;\r\n\tb=2;\r\n c", "X-A: v=1;\r\n\tb=2;\r\n c\r\n"},
        {"X-A", " a\r\nB: forged", "X-A: a  B: forged\r\n"},
        {"X-A", " a\n b\rc\x01", "X-A: a  b c \r\n"},
        {"X-A", " a\r\n \r\n b", "X-A: a\r\n   b\r\n"},
        {"X-A", " a\r\n ", "X-A: a\r\n"},
        {"X-A", " a\r\n", "X-A: a  \r\n"},
        {"X-A", "", "X-A:\r\n"},
        {"X A", " a", ""},
        {"X:A", " a", ""},
    };
    static char value[1200], out[1400];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = header_print_exact(span_str(cases[i].name), span_str(cases[i].value), out, sizeof(out));
        CHECK_SPAN(span_of(out, len), span_str(cases[i].printed));
    }
    for (size_t len = 0; len < sizeof(value); len++) { /* one line, with a space that it may be folded at */
        memset(value, 'x', len);
        value[len / 2] = ' ';
        size_t printed = header_print_exact(SPAN("X"), span_of(value, len), out, sizeof(out));
        CHECK(printed == len + (len <= 996 ? 4 : 6) || (len > 996 && printed > len));
        CHECK(len < 2 || header_print_exact(SPAN("X"), span_of(value, len), out, len + 3) == 0);
    }
}

int main(void)
{
    test_rows();
    test_folding();
    test_exact();
    return test_end("mail_header_print");
}
