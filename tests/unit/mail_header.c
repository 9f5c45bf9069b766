/* mail_header.c: tests of the header section reader: the same fields, tail and body however the input is cut.
 */
#include "mail/header.h"

#include "base/mem.h"
#include "base/text.h"
#include "test.h"

#define LIMITS                                                                                               \
    {                                                                                                        \
        .field_limit = 1000, .section_limit = 10000, .count_limit = 100                                      \
    }

/* What was seen is written down: "name|value\n" for each field, then the end and the body. */
struct record {
    struct header_reader reader;
    const char *expected;
};

static void note_field(struct text *seen, struct span name, struct span value)
{
    text_add(seen, name);
    text_char(seen, '|');
    text_add(seen, value);
    text_char(seen, '\n');
}

static void note_end(struct text *seen, const struct header_reader *reader)
{
    text_add(seen, reader->malformed ? SPAN("MALFORMED:") : SPAN("END:"));
    text_add(seen, header_tail(reader));
}

/* Reads one piece; true when the rest of the message is body. */
static bool read_piece(struct header_reader *reader, struct span piece, struct text *seen)
{
    struct span name, value;
    enum header_event event = HEADER_FIELD;

    while (event == HEADER_FIELD) {
        size_t n = header_read(reader, piece, &name, &value, &event);
        CHECK(n <= piece.len);
        if (event == HEADER_FIELD)
            note_field(seen, name, value);
        piece = span_skip(piece, n);
    }
    if (event == HEADER_MORE)
        CHECK(piece.len == 0);
    if (event == HEADER_ERROR)
        text_format(seen, "ERROR%d", (int)reader->error);
    if (event == HEADER_END) {
        note_end(seen, reader);
        text_add(seen, piece);
    }
    return event != HEADER_MORE;
}

static void read_end(struct header_reader *reader, struct text *seen)
{
    struct span name, value;
    enum header_event event = HEADER_FIELD;

    while (event == HEADER_FIELD) {
        header_finish(reader, &name, &value, &event);
        if (event == HEADER_FIELD)
            note_field(seen, name, value);
    }
    if (event == HEADER_END)
        note_end(seen, reader);
    else
        text_format(seen, "ERROR%d", (int)reader->error);
}

static void feed(void *arg, struct span input, struct test_split split)
{
    struct record *record = arg;
    struct header_reader reader = record->reader;
    char bytes[4096];
    struct text seen = TEXT(bytes);
    bool over = false;

    for (size_t from = 0; from < input.len;) {
        size_t end = test_piece_end(split, from, input.len);
        /* A piece lives in memory of its own: reading past it would be found. */
        char *piece = malloc(end - from);
        if (piece == NULL)
            abort();
        memcpy(piece, input.ptr + from, end - from);
        if (over)
            text_add(&seen, span_of(piece, end - from));
        else
            over = read_piece(&reader, span_of(piece, end - from), &seen);
        free(piece);
        from = end;
        if (reader.error != HEADER_OK)
            break;
    }
    if (!over)
        read_end(&reader, &seen);
    CHECK(!seen.cut);
    CHECK_SPAN(text_span(&seen), span_str(record->expected));
    header_free(&reader);
}

static const struct {
    struct span input;
    const char *expected;
} CASES[] = {
    {SPAN("A: 1\r\nB:2\r\n\r\nbody\r\n"), "A| 1\nB|2\nEND:body\r\n"},
    {SPAN("\r\nbody\r\n"), "END:body\r\n"},
    {SPAN("\r\n"), "END:"},
    {SPAN(""), "END:"},
    {SPAN("A:\r\n\r\n\r\n"), "A|\nEND:\r\n"},
    {SPAN("Subject: a\r\n b\r\n\tc\r\nX: y\r\n\r\n"), "Subject| a\r\n b\r\n\tc\nX| y\nEND:"},
    {SPAN("A: 1\r\n \r\n\t\r\nB: 2\r\n\r\n"), "A| 1\r\n \r\n\t\nB| 2\nEND:"},
    {SPAN("A:\r\n 1\r\n\r\n"), "A|\r\n 1\nEND:"},
    {SPAN("Name : v\r\nOther \t : w\r\n\r\n"), "Name| v\nOther| w\nEND:"},
    {SPAN("A: b: c\r\n\r\n"), "A| b: c\nEND:"},
    {SPAN("A: \xc3\xbc\x80\r\n\r\n"), "A| \xc3\xbc\x80\nEND:"},
    {SPAN("__proto__: x\r\n\r\n"), "__proto__| x\nEND:"},
    /* Lines that end with LF alone. */
    {SPAN("A: 1\nB: 2\n 3\n\nbody\n"), "A| 1\nB| 2\n 3\nEND:body\n"},
    {SPAN("\n\nbody"), "END:\nbody"},
    {SPAN("A: 1\n\r\nbody"), "A| 1\nEND:body"},
    {SPAN("A: 1\r\n\nbody"), "A| 1\nEND:body"},
    {SPAN("A: 1\n\rbody"), "A| 1\nMALFORMED:\rbody"},
    {SPAN("A: 1\nB\n\nbody"), "A| 1\nMALFORMED:B\n\nbody"},
    /* The section ends at a line that is no field. */
    {SPAN("From a@b Mon Jan  1\r\nA: 1\r\n\r\n"), "MALFORMED:From a@b Mon Jan  1\r\nA: 1\r\n\r\n"},
    {SPAN("A: 1\r\nhello world\r\n"), "A| 1\nMALFORMED:hello world\r\n"},
    {SPAN("A: 1\r\nhello\r\nB: 2\r\n\r\n"), "A| 1\nMALFORMED:hello\r\nB: 2\r\n\r\n"},
    {SPAN("A: 1\r\nhello \r\n"), "A| 1\nMALFORMED:hello \r\n"},
    {SPAN(" A: 1\r\n\r\n"), "MALFORMED: A: 1\r\n\r\n"},
    {SPAN(": 1\r\n\r\n"), "MALFORMED:: 1\r\n\r\n"},
    {SPAN("N\xc3\xa4me: 1\r\n\r\n"), "MALFORMED:N\xc3\xa4me: 1\r\n\r\n"},
    {SPAN("A: 1\r\n.\r\n"), "A| 1\nMALFORMED:.\r\n"},
    {SPAN("\x7f: 1\r\n"), "MALFORMED:\x7f: 1\r\n"},
    /* The message ends inside the section. */
    {SPAN("A: 1\r\n"), "A| 1\nEND:"},
    {SPAN("A: 1\r\n b\r\n"), "A| 1\r\n b\nEND:"},
    {SPAN("A: 1\r\nB: 2"), "A| 1\nB| 2\nEND:"},
    {SPAN("A: 1\r\nB"), "A| 1\nMALFORMED:B"},
    {SPAN("A: 1\r\nB "), "A| 1\nMALFORMED:B "},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct record record = {LIMITS, CASES[i].expected};
        int before = test_failures;

        test_every_split(CASES[i].input, feed, &record);
        if (test_failures != before)
            fprintf(stderr, "  in case %zu\n", i);
    }
}

/* Limits are met on the very octet, and the same one is named however the input is cut. */
static const struct {
    size_t field, section;
    unsigned count;
    struct span input;
    const char *expected;
} LIMIT_CASES[] = {
    {6, 14, 2, SPAN("A: 1\r\nB: 2\r\n\r\nx"), "A| 1\nB| 2\nEND:x"},
    {5, 14, 2, SPAN("A: 1\r\nB: 2\r\n\r\nx"), "ERROR1"},
    {6, 13, 2, SPAN("A: 1\r\nB: 2\r\n\r\nx"), "A| 1\nB| 2\nERROR3"},
    {6, 11, 2, SPAN("A: 1\r\nB: 2\r\n\r\nx"), "A| 1\nERROR3"},
    {6, 14, 1, SPAN("A: 1\r\nB: 2\r\n\r\nx"), "A| 1\nERROR2"},
    {9, 100, 9, SPAN("A: 1\r\n 2\r\n\r\n"), "ERROR1"},
    {10, 100, 9, SPAN("A: 1\r\n 2\r\n\r\n"), "A| 1\r\n 2\nEND:"},
    {8, 7, 9, SPAN("A: 123456\r\n\r\n"), "ERROR3"},
    {7, 7, 9, SPAN("A: 123456\r\n\r\n"), "ERROR1"},
    {4, 100, 9, SPAN("abcd efgh\r\n"), "ERROR1"},
    {5, 100, 9, SPAN("abcd efgh\r\n"), "MALFORMED:abcd efgh\r\n"},
    {8, 100, 9, SPAN("A: 1\r\nB: 23456"), "A| 1\nB| 23456\nEND:"},
    {7, 100, 9, SPAN("A: 1\r\nB: 23456"), "A| 1\nERROR1"},
};

static void test_limits(void)
{
    for (size_t i = 0; i < sizeof(LIMIT_CASES) / sizeof(LIMIT_CASES[0]); i++) {
        struct record record = {{.field_limit = LIMIT_CASES[i].field,
                                 .section_limit = LIMIT_CASES[i].section,
                                 .count_limit = LIMIT_CASES[i].count},
                                LIMIT_CASES[i].expected};
        int before = test_failures;

        test_every_split(LIMIT_CASES[i].input, feed, &record);
        if (test_failures != before)
            fprintf(stderr, "  in limit case %zu\n", i);
    }
}

static void test_counts(void)
{
    struct span message = SPAN("Received: a\r\nRECEIVED:b\r\nReceived : c\r\nReceived-SPF: d\r\n\r\nbody");
    struct header_reader reader = LIMITS;
    char bytes[256];
    struct text seen = TEXT(bytes);

    CHECK(read_piece(&reader, message, &seen));
    CHECK(reader.count == 4);
    CHECK(reader.received == 3);
    CHECK(!reader.spaced);
    CHECK(reader.octets == message.len - 4);
    CHECK(reader.field == NULL); /* nothing was copied */
    header_free(&reader);
}

/* After the end and after an error the same answer comes for ever, and nothing is consumed. */
static void test_sticky(void)
{
    struct header_reader reader = LIMITS;
    char bytes[256];
    struct text seen = TEXT(bytes);

    CHECK(read_piece(&reader, SPAN("A: 1\r\n\r\nx"), &seen));
    CHECK(read_piece(&reader, SPAN("B: 2\r\n\r\ny"), &seen));
    CHECK_SPAN(text_span(&seen), SPAN("A| 1\nEND:xEND:B: 2\r\n\r\ny"));
    header_free(&reader);

    reader = (struct header_reader){.field_limit = 3, .section_limit = 100, .count_limit = 1};
    seen = TEXT(bytes);
    CHECK(read_piece(&reader, SPAN("A: 1"), &seen));
    CHECK(read_piece(&reader, SPAN("\r\n\r\n"), &seen));
    read_end(&reader, &seen);
    CHECK_SPAN(text_span(&seen), SPAN("ERROR1ERROR1ERROR1"));
    header_free(&reader);
}

static bool refuse(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_no_memory(void)
{
    struct header_reader reader = LIMITS;
    char bytes[256];
    struct text seen = TEXT(bytes);

    mem_set_gate(refuse, NULL);
    CHECK(read_piece(&reader, SPAN("A: 1\r\nB: 2"), &seen));
    mem_set_gate(NULL, NULL);
    CHECK_SPAN(text_span(&seen), SPAN("A| 1\nERROR4"));
    header_free(&reader);
}

/* A field of a megabyte, folded on every line, in single octets: linear work, memory within the limit. */
static void test_trickle(void)
{
    enum { LINES = 14000, LINE = 76 };
    static char line[LINE + 1] = " ";
    struct header_reader reader = {.field_limit = 2000000, .section_limit = 2000000, .count_limit = 1};
    struct span name, value;
    enum header_event event;

    memset(line + 1, 'x', LINE - 3);
    memcpy(line + LINE - 2, "\r\n", 2);
    (void)header_read(&reader, SPAN("To:"), &name, &value, &event);
    for (size_t i = 0; i < (size_t)LINES * LINE; i++)
        CHECK(header_read(&reader, span_of(line + i % LINE, 1), &name, &value, &event) == 1);
    CHECK(event == HEADER_MORE);
    CHECK(header_read(&reader, SPAN("\r\n"), &name, &value, &event) == 0);
    CHECK(event == HEADER_FIELD);
    CHECK(value.len == (size_t)LINES * LINE - 2);
    CHECK(reader.size <= reader.field_limit);
    header_free(&reader);
}

int main(void)
{
    test_cases();
    test_limits();
    test_counts();
    test_sticky();
    test_no_memory();
    test_trickle();
    return test_end("mail_header");
}
