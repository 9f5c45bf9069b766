/* Where the messages of an mbox begin and end. */
#include "scan/mbox.h"
#include "test.h"

struct row {
    const char *file;
    bool quoted;
    const char *messages[4];
};

static const struct row rows[] = {
    {"", false, {""}},
    {"a: b\n\nFrom here\n", false, {"a: b\n\nFrom here\n"}},
    {"From a\n", true, {""}},
    {"From a", true, {""}},
    {"From a\nb: c\n\nd\n", true, {"b: c\n\nd\n"}},
    {"From a\nb: c\n\nd\n\n", true, {"b: c\n\nd\n"}},
    {"From a\nb: c\n\nd\n\n\n", true, {"b: c\n\nd\n\n"}},
    {"From a\nb\n\nFrom c\nd\n", true, {"b\n", "d\n"}},
    {"From a\r\nb\r\n\r\nFrom c\r\nd\r\n", true, {"b\r\n", "d\r\n"}},
    {"From a\nb\nFrom c\nd\n", true, {"b\nFrom c\nd\n"}},
    {"From a\n\nFrom b\n\nFrom c\nd", true, {"", "", "d"}},
    {"From a\nb\n\n>From c\nd\n", true, {"b\n\n>From c\nd\n"}},
    {"From a\nb\n\nFromage\nd\n", true, {"b\n\nFromage\nd\n"}},
};

static void check(const struct row *row)
{
    struct mbox mbox;
    struct span content;
    size_t n = 0;

    mbox_init(&mbox, span_str(row->file));
    CHECK(mbox.quoted == row->quoted);
    while (n < 4 && mbox_next(&mbox, &content)) {
        REQUIRE(row->messages[n] != NULL);
        CHECK_SPAN(content, span_str(row->messages[n]));
        n++;
        CHECK(mbox.number == n);
    }
    CHECK(n == 4 || row->messages[n] == NULL);
    CHECK(!mbox_next(&mbox, &content));
}

int main(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check(&rows[i]);
    return test_end("scan_mbox");
}
