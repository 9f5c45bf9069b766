/* Whom a stored message came from and went to, as its header tells. */
#include "scan/envelope.h"

#include "base/text.h"
#include "test.h"

struct row {
    const char *content;
    const char *from;
    const char *to[4];
};

static const struct row rows[] = {
    {"", "", {"postmaster"}},
    {"no header at all", "", {"postmaster"}},
    {"From: a@x.org\nTo: b@y.org\n\n", "a@x.org", {"b@y.org"}},
    {"From: a@x.org\r\nTo: b@y.org\r\n\r\nTo: c@z.org\r\n", "a@x.org", {"b@y.org"}},
    {"To: b@y.org", "", {"b@y.org"}},
    {"From: \"Ann, <of> X\" <a@x.org>\n\n", "a@x.org", {"postmaster"}},
    {"From: Ann (the <one>, really) <a@x.org>, c@x.org\n\n", "a@x.org", {"postmaster"}},
    {"From: no mailbox\nFrom: a@x.org\n\n", "a@x.org", {"postmaster"}},
    {"Return-Path: <r@x.org>\nFrom: a@x.org\n\n", "r@x.org", {"postmaster"}},
    {"From: a@x.org\nreturn-path: r@x.org\nReturn-Path: <s@x.org>\n\n", "r@x.org", {"postmaster"}},
    {"Return-Path: <>\nFrom: a@x.org\n\n", "", {"postmaster"}},
    {"Return-Path: nonsense\nFrom: a@x.org\n\n", "a@x.org", {"postmaster"}},
    {"To: B <b@y.org>,\n c@y.org,, <d@y.org>\n\n", "", {"b@y.org", "c@y.org", "d@y.org"}},
    {"To: staff: b@y.org, C <c@y.org>;, d@y.org\n\n", "", {"b@y.org", "c@y.org", "d@y.org"}},
    {"To: undisclosed-recipients:;\n\n", "", {"postmaster"}},
    {"To: b@y.org\nDelivered-To: d@y.org\nTo: c@y.org\nDelivered-To: e@y.org\n\n",
     "",
     {"d@y.org", "e@y.org"}},
    {"To: b\xc3\xa4@y.org, <b@y.org\r\n >, \"unclosed <c@y.org>\n\n", "", {"b@y.org"}},
    {"To: <b@y.org> <c@y.org>, (unclosed\n\n", "", {"b@y.org"}},
    {"To: <a>RSET@y.org>, <b@y.org>\n\n", "", {"b@y.org"}},
};

static void check(const struct row *row)
{
    struct envelope envelope = {0};
    struct arena arena;

    arena_init(&arena, 65536);
    CHECK(envelope_read(&envelope, span_str(row->content), &arena));
    CHECK_SPAN(envelope.reverse_path, span_str(row->from));
    for (size_t i = 0; i < envelope.count; i++) {
        REQUIRE(i < 4 && row->to[i] != NULL);
        CHECK_SPAN(envelope.recipients[i], span_str(row->to[i]));
    }
    CHECK(envelope.count == 4 || row->to[envelope.count] == NULL);
    arena_reset(&arena);
}

static void check_many(void)
{
    struct envelope envelope = {0};
    struct arena arena;
    char bytes[ENVELOPE_RECIPIENTS * 20];
    struct text text = TEXT(bytes);
    struct span content;

    text_add(&text, SPAN("To: b@y.org"));
    for (size_t i = 0; i < ENVELOPE_RECIPIENTS; i++)
        text_add(&text, SPAN(", b@y.org"));
    content = text_span(&text);
    arena_init(&arena, 65536);
    CHECK(envelope_read(&envelope, content, &arena));
    CHECK(envelope.count == ENVELOPE_RECIPIENTS);
    arena_reset(&arena);
    envelope = (struct envelope){0};
    arena_init(&arena, 64);
    CHECK(!envelope_read(&envelope, content, &arena));
    arena_reset(&arena);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check(&rows[i]);
    check_many();
    return test_end("scan_envelope");
}
