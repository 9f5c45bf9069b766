/* mail_header_edit.c: header sections before and after edits; without edits every message stays as it was,
 * however it is cut; what other editors do moves nothing. */
#include "mail/header_edit.h"

#include "base/mem.h"
#include "mail/header.h"
#include "test.h"

/* Editors. */
static const char A[] = "A", B[] = "B";

static void check_edit(struct header_edit *edits, size_t count, struct span section, struct span expected)
{
    struct text out;
    size_t above = 0;

    for (size_t i = 0; i < count; i++)
        edits[i].next = i + 1 < count ? &edits[i + 1] : NULL;
    REQUIRE(header_edit(count != 0 ? edits : NULL, section, false, &above, &out) == 0);
    CHECK(above == 0);
    CHECK_SPAN(text_span(&out), expected);
    mem_free(out.ptr);
}

/* Names of one letter. NOLINTBEGIN(bugprone-macro-parentheses): parts of initialisers. */
#define FIELD(line) .name = {line, 1}, .field = {line "\r\n", sizeof(line "\r\n") - 1}
// clang-format off
#define INSERT(by, position, line) {.editor = by, .kind = HEADER_INSERT, .n = position, FIELD(line)}
#define APPEND(by, line)           {.editor = by, .kind = HEADER_APPEND, FIELD(line)}
#define CHANGE(by, nth, line)      {.editor = by, .kind = HEADER_CHANGE, .n = nth, FIELD(line)}
#define DELETE(by, nth, of)        {.editor = by, .kind = HEADER_DELETE, .n = nth, .name = {of, sizeof(of) - 1}}
// clang-format on
/* NOLINTEND(bugprone-macro-parentheses) */

#define SECTION "a: 1\r\nb: 2\r\nA : 3\r\n folded\r\nc:4\r\na:\t5 \r\n\r\n"

static struct row {
    const char *section;
    struct header_edit edits[4];
    const char *expected;
} rows[] = {
    {SECTION, {{0}}, SECTION},
    {SECTION, {INSERT(A, 0, "X: 1"), INSERT(B, 0, "X: 2")}, "X: 2\r\nX: 1\r\n" SECTION},
    {"a: 1\r\nb: 2\r\n\r\n", {INSERT(A, 1, "X: 1")}, "a: 1\r\nX: 1\r\nb: 2\r\n\r\n"},
    {"a: 1\r\nb: 2\r\n\r\n", {INSERT(A, 9, "X: 1")}, "a: 1\r\nb: 2\r\nX: 1\r\n\r\n"},
    {"a: 1\r\nb: 2\r\n\r\n", {APPEND(A, "X: 1"), APPEND(A, "Y: 1")}, "a: 1\r\nb: 2\r\nX: 1\r\nY: 1\r\n\r\n"},
    {SECTION, {CHANGE(A, 2, "A: new")}, "a: 1\r\nb: 2\r\nA: new\r\nc:4\r\na:\t5 \r\n\r\n"},
    {SECTION, {DELETE(A, 3, "a")}, "a: 1\r\nb: 2\r\nA : 3\r\n folded\r\nc:4\r\n\r\n"},
    {SECTION, {DELETE(A, 4, "a")}, SECTION},
    {SECTION, {CHANGE(A, 4, "a: 6")}, "a: 1\r\nb: 2\r\nA : 3\r\n folded\r\nc:4\r\na:\t5 \r\na: 6\r\n\r\n"},
    /* positions move with one's own edits, forward and backward */
    {SECTION, {DELETE(A, 1, "a"), DELETE(A, 1, "a"), DELETE(A, 1, "a")}, "b: 2\r\nc:4\r\n\r\n"},
    {SECTION, {DELETE(A, 3, "a"), DELETE(A, 2, "a"), DELETE(A, 1, "a")}, "b: 2\r\nc:4\r\n\r\n"},
    {SECTION,
     {DELETE(A, 2, "a"), CHANGE(A, 2, "a: x"), CHANGE(A, 1, "a: y"), DELETE(A, 1, "b")},
     "a: y\r\nc:4\r\na: x\r\n\r\n"},
    {"a: 1\r\n\r\n", {INSERT(A, 0, "a: 0"), CHANGE(A, 2, "a: x")}, "a: 0\r\na: x\r\n\r\n"},
    {"a: 1\r\n\r\n", {CHANGE(A, 1, "a: x"), INSERT(A, 0, "a: 0"), DELETE(A, 2, "a")}, "a: 0\r\n\r\n"},
    {"a: 1\r\nb: 2\r\n\r\n",
     {INSERT(A, 0, "X: 1"), INSERT(A, 2, "Y: 1")},
     "X: 1\r\na: 1\r\nY: 1\r\nb: 2\r\n\r\n"},
    {"a: 1\r\na: 2\r\n\r\n",
     {DELETE(A, 1, "a"), APPEND(A, "a: 3"), CHANGE(A, 2, "a: x")},
     "a: 2\r\na: x\r\n\r\n"},
    /* and not with those of others */
    {"a: 1\r\na: 2\r\n\r\n", {INSERT(A, 0, "a: 0"), DELETE(B, 1, "a")}, "a: 0\r\na: 2\r\n\r\n"},
    {"a: 1\r\na: 2\r\n\r\n", {DELETE(A, 1, "a"), CHANGE(B, 2, "a: x")}, "a: x\r\n\r\n"},
    {"a: 1\r\na: 2\r\n\r\n", {DELETE(A, 1, "a"), DELETE(B, 1, "a"), DELETE(A, 1, "a")}, "\r\n"},
    {"a: 1\r\na: 2\r\n\r\n", {DELETE(A, 1, "a"), CHANGE(B, 1, "a: x")}, "a: x\r\na: 2\r\n\r\n"},
    {"a: 1\r\na: 2\r\n\r\n", {CHANGE(A, 1, "a: x"), DELETE(B, 1, "a")}, "a: 2\r\n\r\n"},
    {"a: 1\r\nb: 2\r\n\r\n",
     {INSERT(A, 0, "X: 1"), INSERT(B, 1, "Y: 1")},
     "X: 1\r\na: 1\r\nY: 1\r\nb: 2\r\n\r\n"},
    /* sections that end early */
    {"", {{0}}, ""},
    {"", {APPEND(A, "X: 1")}, "X: 1\r\n"},
    {"\r\n", {APPEND(A, "X: 1")}, "X: 1\r\n\r\n"},
    {"\r\n", {CHANGE(A, 1, "X: 1")}, "X: 1\r\n\r\n"},
    {"a: 1", {{0}}, "a: 1"},
    {"a: 1", {INSERT(A, 0, "X: 1")}, "X: 1\r\na: 1"},
    {"a: 1", {APPEND(A, "X: 1"), DELETE(A, 9, "a")}, "a: 1\r\nX: 1\r\n"},
    {"b: 1\r\na: 1", {DELETE(A, 1, "a")}, "b: 1\r\n"},
    {"a: 1\r\n", {APPEND(A, "X: 1")}, "a: 1\r\nX: 1\r\n"},
    /* names that are only alike */
    {"ab: 1\r\n a: 2\r\na: 3\r\n\r\n", {DELETE(A, 1, "a")}, "ab: 1\r\n a: 2\r\n\r\n"},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int before = test_failures;
        size_t count = 0;
        while (count < 4 && rows[i].edits[count].name.len != 0)
            count++;
        check_edit(rows[i].edits, count, span_str(rows[i].section), span_str(rows[i].expected));
        if (test_failures != before)
            fprintf(stderr, "  in row %zu\n", i);
    }
}

static void test_precede(void)
{
    struct header_edit one = INSERT(A, 0, "X: 1"), two = INSERT(B, 0, "X: 2"), three = INSERT(A, 1, "X: 3");

    CHECK(header_edits_precede(NULL));
    one.next = &two;
    CHECK(header_edits_precede(&one));
    two.next = &three;
    CHECK(!header_edits_precede(&one));
    three = (struct header_edit)DELETE(A, 1, "X");
    CHECK(!header_edits_precede(&one));
}

/* The octets that the reader counts, read so, are the section. */
static void feed(void *arg, struct span message, struct test_split split)
{
    struct header_reader reader = {.field_limit = 1000, .section_limit = 10000, .count_limit = 100};
    struct span name, value;
    enum header_event event = HEADER_MORE;
    struct text out;
    size_t above = 0;

    (void)arg;
    for (size_t from = 0; from < message.len && event != HEADER_END;) {
        size_t end = test_piece_end(split, from, message.len);
        do {
            from += header_read(&reader, span_of(message.ptr + from, end - from), &name, &value, &event);
        } while (event == HEADER_FIELD);
    }
    while (event != HEADER_END)
        header_finish(&reader, &name, &value, &event);
    REQUIRE(reader.octets <= message.len);
    REQUIRE(header_edit(NULL, span_first(message, reader.octets), false, &above, &out) == 0);
    CHECK_SPAN(text_span(&out), span_first(message, reader.octets));
    mem_free(out.ptr);
    header_free(&reader);
}

static void test_nothing(void)
{
    static const char *const lines[] = {
        "A: 1\r\n", "A:\r\n x\r\n", "B :2\r\n \r\n", "\r\n",  "no field\r\n",
        "C: ",      "\r",           ".\r\n",         ":\r\n", "D:\xff\r\n\t\r\n"};
    enum { LINES = sizeof(lines) / sizeof(lines[0]) };
    char bytes[64] = "";

    for (unsigned which = 0; which < LINES * LINES * LINES; which++) {
        struct text message = TEXT(bytes);
        for (unsigned left = which, i = 0; i < 3; i++, left /= LINES)
            text_add(&message, span_str(lines[left % LINES]));
        REQUIRE(!message.cut);
        test_every_split(text_span(&message), feed, NULL);
    }
}

/* Ten thousand fields, each deleted, from either end: a field is found from the one before it. */
static void test_many(void)
{
    enum { FIELDS = 10000 };
    static char bytes[FIELDS * 6 + 2];
    static struct header_edit edits[FIELDS];
    struct text section = TEXT(bytes);

    for (unsigned i = 0; i < FIELDS; i++)
        text_add(&section, SPAN("a: b\r\n"));
    text_add(&section, SPAN("\r\n"));
    for (unsigned i = 0; i < FIELDS; i++)
        edits[i] = (struct header_edit)DELETE(A, 1, "A");
    check_edit(edits, FIELDS, text_span(&section), SPAN("\r\n"));
    for (unsigned i = 0; i < FIELDS; i++)
        edits[i].n = FIELDS - i;
    check_edit(edits, FIELDS, text_span(&section), SPAN("\r\n"));
    check_edit(edits, FIELDS - 1, text_span(&section), SPAN("a: b\r\n\r\n"));
}

/* Lets *left allocations pass. */
static bool gate(void *arg, size_t size)
{
    unsigned *left = arg;

    (void)size;
    return *left != 0 && (*left)-- != 0;
}

/* Our own trace field is put in by whoever sends the section, where `above` says: shown here as |. */
static void check_border(struct header_edit edit, struct span section, size_t above, const char *expected)
{
    char bytes[200];
    struct text shown = TEXT(bytes), out;

    REQUIRE(header_edit(&edit, section, false, &above, &out) == 0);
    text_add(&shown, span_of(out.ptr, above));
    text_char(&shown, '|');
    text_add(&shown, span_of(out.ptr + above, out.len - above));
    CHECK_SPAN(text_span(&shown), span_str(expected));
    mem_free(out.ptr);
}

static void test_border(void)
{
    const struct span section = SPAN("p: 1\r\na: 1\r\n\r\n");
    const struct header_edit prepend = {.editor = A, .kind = HEADER_PREPEND, FIELD("X: 1")};
    struct header_edit first = prepend, second = INSERT(A, 1, "Y: 1"), third = INSERT(A, 0, "Z: 1");

    check_border(prepend, section, 0, "X: 1\r\n|p: 1\r\na: 1\r\n\r\n");
    check_border(prepend, section, 6, "X: 1\r\np: 1\r\n|a: 1\r\n\r\n");
    check_border((struct header_edit)INSERT(A, 0, "X: 1"), section, 6, "p: 1\r\n|X: 1\r\na: 1\r\n\r\n");
    check_border((struct header_edit)INSERT(A, 1, "X: 1"), section, 6, "p: 1\r\nX: 1\r\n|a: 1\r\n\r\n");
    check_border((struct header_edit)INSERT(A, 2, "X: 1"), section, 6, "p: 1\r\n|a: 1\r\nX: 1\r\n\r\n");
    check_border((struct header_edit)APPEND(A, "X: 1"), section, 6, "p: 1\r\n|a: 1\r\nX: 1\r\n\r\n");
    check_border((struct header_edit)CHANGE(A, 1, "p: two"), section, 6, "p: two\r\n|a: 1\r\n\r\n");
    check_border((struct header_edit)DELETE(A, 1, "p"), section, 6, "|a: 1\r\n\r\n");
    check_border(prepend, SPAN(""), 0, "X: 1\r\n|");
    /* What one has prepended counts for itself, and for nobody else. */
    first.next = &second;
    second.next = &third;
    check_border(first, section, 0, "X: 1\r\nY: 1\r\n|Z: 1\r\np: 1\r\na: 1\r\n\r\n");
    second.editor = B;
    check_border(first, section, 0, "X: 1\r\n|Z: 1\r\np: 1\r\nY: 1\r\na: 1\r\n\r\n");
}

/* A blank line ends the section, whether it had one or not. */
static void test_divided(void)
{
    static const struct {
        const char *section, *expected;
    } cases[] = {{"", "\r\n"},
                 {"\r\n", "\r\n"},
                 {"\n", "\n"},
                 {"a: 1", "a: 1\r\n\r\n"},
                 {"a: 1\r\n", "a: 1\r\n\r\n"},
                 {"a: 1\r\n\r\n", "a: 1\r\n\r\n"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct text out;
        size_t above = 0;
        REQUIRE(header_edit(NULL, span_str(cases[i].section), true, &above, &out) == 0);
        CHECK_SPAN(text_span(&out), span_str(cases[i].expected));
        mem_free(out.ptr);
    }
}

static void test_no_memory(void)
{
    struct header_edit edit = APPEND(A, "X: 1");
    struct text out;
    unsigned failures = 0, left;
    size_t above = 0;
    int result = -1;

    for (; result != 0 && failures < 100; failures += result != 0) {
        left = failures;
        mem_set_gate(gate, &left);
        result = header_edit(&edit, SPAN("a: 1\r\nb: 2"), false, &above, &out);
        mem_set_gate(NULL, NULL);
    }
    REQUIRE(result == 0);
    CHECK(failures >= 2);
    CHECK_SPAN(text_span(&out), SPAN("a: 1\r\nb: 2\r\nX: 1\r\n"));
    mem_free(out.ptr);
}

int main(void)
{
    test_rows();
    test_precede();
    test_border();
    test_divided();
    test_nothing();
    test_many();
    test_no_memory();
    return test_end("mail_header_edit");
}
