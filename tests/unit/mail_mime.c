/* mail_mime.c: tests of the part tree: the same parts, text and anomalies however the message is cut. */
#include "mail/mime.h"

#include "base/mem.h"
#include "base/text.h"
#include "test.h"

#define SEEN_OCTETS 16384

static const struct mime_limits limits = {.depth = 20, .parts = 100, .field = 4096, .header_section = 16384};

/* What is told is written down, a line for each event; what continues is joined. */
struct seen {
    struct text text;
    enum mime_kind last;
    unsigned part;
    bool rendered;
    char bytes[SEEN_OCTETS];
};

static void note_span(struct text *text, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\n')
            text_add(text, SPAN("\\n"));
        else if (s.ptr[i] == '\r')
            text_add(text, SPAN("\\r"));
        else
            text_char(text, s.ptr[i]);
    }
}

static void note_begin(struct text *text, const struct mime_part *part)
{
    text_format(text, "begin %u<%u %.*s/%.*s", part->index, part->parent, (int)part->type.len, part->type.ptr,
                (int)part->subtype.len, part->subtype.ptr);
    if (part->filename.len != 0)
        text_format(text, " \"%.*s\"", (int)part->filename.len, part->filename.ptr);
    if (part->other_name.len != 0)
        text_format(text, " or \"%.*s\"", (int)part->other_name.len, part->other_name.ptr);
}

static void note(struct seen *seen, const struct mime_event *event)
{
    struct text *text = &seen->text;
    bool joins = (event->kind == MIME_BYTES || event->kind == MIME_TEXT) && event->kind == seen->last &&
                 event->part->index == seen->part && event->rendered == seen->rendered;

    if (!joins && text->len != 0)
        text_char(text, '\n');
    seen->last = event->kind;
    seen->part = event->part != NULL ? event->part->index : 0;
    seen->rendered = event->rendered;
    switch (event->kind) {
    case MIME_PART_BEGIN:
        note_begin(text, event->part);
        break;
    case MIME_PART_END:
        text_format(text, "end %u", event->part->index);
        break;
    case MIME_ANOMALY:
        text_format(text, "! %u %s", event->part->index, anomaly_name(event->anomaly));
        break;
    case MIME_TEXT:
        if (!joins)
            text_add(text, event->rendered ? SPAN("shown ") : SPAN("text "));
        note_span(text, event->bytes);
        break;
    case MIME_BYTES:
        if (!joins)
            text_add(text, SPAN("bytes "));
        note_span(text, event->bytes);
        break;
    default:
        break;
    }
}

/* Text and bytes come alternately, in pieces that depend on the cuts: bytes are left out where there is text.
 */
static bool wanted(const struct mime_event *event)
{
    return event->kind != MIME_FIELD && event->kind != MIME_END &&
           !(event->kind == MIME_BYTES && event->part->text);
}

static void read_piece(struct mime *mime, struct span piece, bool last, struct seen *seen)
{
    struct mime_event event;

    for (unsigned n = 0; n < 100000; n++) {
        size_t used = mime_read(mime, piece, last, &event);
        REQUIRE(used <= piece.len);
        piece = span_skip(piece, used);
        if (wanted(&event) && event.kind != MIME_MORE)
            note(seen, &event);
        if (event.kind == MIME_END || event.kind == MIME_MORE)
            break;
    }
    CHECK(event.kind == (last ? MIME_END : MIME_MORE));
    CHECK(last || piece.len == 0);
}

/* Pieces of `step` octets, the first of `first`. */
static void check_cut(struct span message, size_t first, size_t step, const char *expected)
{
    struct mime *mime = mime_new(&limits);
    struct seen *seen = calloc(1, sizeof(*seen));
    size_t n = first;

    REQUIRE(mime != NULL && seen != NULL);
    seen->text = TEXT(seen->bytes);
    seen->last = MIME_MORE;
    for (struct span rest = message; rest.len != 0; n = step) {
        struct span piece = span_first(rest, n);
        /* A copy of its own, so that reading beyond it is found. */
        char *copy = malloc(piece.len);
        REQUIRE(copy != NULL);
        memcpy(copy, piece.ptr, piece.len);
        read_piece(mime, span_of(copy, piece.len), false, seen);
        free(copy);
        rest = span_skip(rest, piece.len);
    }
    read_piece(mime, span_of(NULL, 0), true, seen);
    CHECK(!mime_failed(mime));
    CHECK_SPAN(text_span(&seen->text), span_str(expected));
    mime_free(mime);
    free(seen);
}

static void check(const char *message, const char *expected)
{
    struct span s = span_str(message);
    int before = test_failures;

    check_cut(s, s.len, s.len, expected);
    if (test_failures == before)
        check_cut(s, 1, 1, expected);
    for (size_t at = 1; at < s.len && test_failures == before; at++)
        check_cut(s, at, s.len, expected);
}

static void test_single(void)
{
    check("Subject: x\r\n\r\nHello\r\n", "begin 0<0 text/plain\ntext Hello\\r\\n\nend 0");
    check("\r\nHello", "begin 0<0 text/plain\ntext Hello\nend 0");
    check("Content-Transfer-Encoding: base64\r\n\r\nSGVs\r\nbG8=\r\n",
          "begin 0<0 text/plain\ntext Hello\nend 0");
    check(
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
        "f=FCr=\r\n dich",
        "begin 0<0 text/plain\ntext f\xc3\xbcr dich\nend 0");
    check("Content-Type: image/png; name=a.png\r\n\r\nabc",
          "begin 0<0 image/png \"a.png\"\nbytes abc\nend 0");
}

static void test_multipart(void)
{
    check("Content-Type: multipart/mixed; boundary=b\r\n\r\nnote\r\n--b\r\n\r\none\r\n--b\r\n"
          "Content-Type: text/x\r\n\r\n-two\r\n--b--\r\nrest",
          "begin 0<0 multipart/mixed\nbytes note\nbegin 1<0 text/plain\ntext one\nend 1\nbegin 2<0 text/x\n"
          "text -two\nend 2\nbytes rest\nend 0");
    check("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/x; "
          "boundary=bb\r\n\r\n"
          "--bb\r\n\r\nin\r\n--b\r\n\r\nout",
          "begin 0<0 multipart/mixed\nbegin 1<0 multipart/x\nbegin 2<1 text/plain\ntext in\nend 2\n! 1 "
          "no-close\n"
          "end 1\nbegin 3<0 text/plain\ntext out\nend 3\n! 0 no-close\nend 0");
    /* A delimiter in a header section, and one that looks like a field there. */
    check("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: y\r\n--b--\r\n",
          "begin 0<0 multipart/mixed\nbegin 1<0 text/plain\n! 1 header-syntax\nend 1\nend 0");
    check("Content-Type: multipart/mixed; boundary=\"b:x\"\r\n\r\n--b:x\r\nX: "
          "y\r\n--b:x\r\n\r\nz\r\n--b:x--\r\n",
          "begin 0<0 multipart/mixed\nbegin 1<0 text/plain\n! 1 header-no-end\nend 1\nbegin 2<0 text/plain\n"
          "text z\nend 2\nend 0");
    check("Content-Type: multipart/mixed\r\n\r\nx",
          "begin 0<0 multipart/mixed\n! 0 boundary-missing\ntext x\nend 0");
}

static void test_nested(void)
{
    check("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx",
          "begin 0<0 message/rfc822\nbegin 1<0 text/plain\ntext x\nend 1\nend 0");
    /* "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nin\r\n--c--\r\n" */
    check("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\n"
          "Q29udGVudC1UeXBlOiBtdWx0aXBhcnQvbWl4ZWQ7IGJvdW5kYXJ5PWMNCg0KLS1jDQoNCmluDQotLWMtLQ0K\r\n--b--\r\n",
          "begin 0<0 multipart/mixed\nbegin 1<0 message/rfc822\n! 1 encoding-on-multipart\n"
          "begin 2<1 multipart/mixed\nbegin 3<2 text/plain\ntext in\nend 3\nend 2\nend 1\nend 0");
    /* "--c\r\n\r\nin\r\n--c--\r\n" */
    check(
        "Content-Type: multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "LS1jDQoNCmluDQotLWMtLQ0K\r\n",
        "begin 0<0 multipart/mixed\n! 0 encoding-on-multipart\nbegin 1<0 text/plain\ntext in\nend 1\nend 0");
}

/* A tree deeper than the limit is not taken apart further, but read. */
static void test_limits(void)
{
    struct span open = SPAN("Content-Type: message/rfc822\r\n\r\n");
    static char message[16384];
    struct text text = TEXT(message);
    struct mime *mime = mime_new(&limits);
    struct mime_event event;
    struct span rest;
    bool found = false, deep = false;

    for (int i = 0; i < 300; i++)
        text_add(&text, open);
    text_add(&text, SPAN("needle"));
    REQUIRE(mime != NULL);
    rest = text_span(&text);
    do {
        rest = span_skip(rest, mime_read(mime, rest, true, &event));
        deep = deep || (event.kind == MIME_ANOMALY && event.anomaly == ANOMALY_DEPTH);
        found = found || (event.kind == MIME_BYTES && event.bytes.len >= 6 &&
                          span_eq(span_skip(event.bytes, event.bytes.len - 6), SPAN("needle")));
    } while (event.kind != MIME_END);
    CHECK(found && deep);
    mime_free(mime);
}

/* The header section and the body of each part, by their places in the message. */
static void note_places(struct text *out, struct mime *mime, struct span message, struct span piece,
                        bool last)
{
    static uint64_t starts[16];
    struct mime_event event;

    do {
        piece = span_skip(piece, mime_read(mime, piece, last, &event));
        unsigned index = event.part != NULL ? event.part->index : 0;
        REQUIRE(index < 16 && event.at <= message.len);
        if (event.kind == MIME_FIELD || event.kind == MIME_PART_BEGIN) {
            text_format(out, event.kind == MIME_FIELD ? "%u@%u " : "%u:%u ", index, (unsigned)event.at);
            starts[index] = event.at;
        } else if (event.kind == MIME_PART_END) {
            REQUIRE(event.at >= starts[index]);
            text_format(out, "%u=", index);
            note_span(out, span_of(message.ptr + starts[index], event.at - starts[index]));
            text_char(out, ' ');
        }
    } while (event.kind != MIME_END && event.kind != MIME_MORE);
}

static void test_places(void)
{
    static const struct {
        const char *message, *expected;
    } rows[] = {
        {"A: b\r\n\r\nxyz\r\n", "0@0 0:8 0=xyz\\r\\n "},
        {"\r\n", "0:2 0= "},
        {"\r\nx", "0:2 0=x "},
        {"no field\r\n\r\nx", "0:0 0=no field\\r\\n\\r\\nx "},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nA: "
         "b\r\n\r\nx\r\n\r\n--b\r\n\r\n--b--\r\nend\r\n",
         "0@0 0:45 1@50 1:58 1=x\\r\\n 2:70 2= 0=--b\\r\\nA: "
         "b\\r\\n\\r\\nx\\r\\n\\r\\n--b\\r\\n\\r\\n--b--\\r\\nend\\r\\n "},
        {"Content-Type: message/rfc822\r\n\r\nB: c\r\n\r\nx--\r\n--\r\n-",
         "0@0 0:32 1@32 1:40 1=x--\\r\\n--\\r\\n- 0=B: c\\r\\n\\r\\nx--\\r\\n--\\r\\n- "},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--",
         "0@0 0:43 1:48 1=x\\n-- 0=--b\\n\\nx\\n-- "},
        {"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\nLS1iCgp4Ci0tYi0t\n",
         "0@0 0@0 0:77 1:0 1= 0=LS1iCgp4Ci0tYi0t\\n "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t at = 0; at <= strlen(rows[i].message); at++) {
            char bytes[1024];
            struct text out = TEXT(bytes);
            struct span message = span_str(rows[i].message);
            struct mime *mime = mime_new(&limits);
            REQUIRE(mime != NULL);
            note_places(&out, mime, message, span_first(message, at), false);
            note_places(&out, mime, message, span_skip(message, at), false);
            note_places(&out, mime, message, span_of(NULL, 0), true);
            CHECK_SPAN(text_span(&out), span_str(rows[i].expected));
            mime_free(mime);
        }
}

/* HTML longer than any buffer that shows nothing, on one line: it is read to its end, and so is what follows.
 */
static void test_silent(void)
{
    static char message[65536];
    struct text text = TEXT(message);
    struct mime *mime = mime_new(&limits);
    struct mime_event event;
    struct span rest;
    unsigned events = 0;

    text_add(&text,
             SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"));
    for (unsigned i = 0; i < 5000; i++)
        text_add(&text, SPAN("</body>"));
    text_add(&text, SPAN("\r\n--b--\r\n"));
    REQUIRE(mime != NULL && !text.cut);
    rest = text_span(&text);
    do
        rest = span_skip(rest, mime_read(mime, rest, false, &event));
    while (event.kind != MIME_MORE && ++events < 1000);
    CHECK(rest.len == 0 && event.kind == MIME_MORE);
    do
        (void)mime_read(mime, SPAN(""), true, &event);
    while (event.kind != MIME_END && ++events < 1000);
    CHECK(event.kind == MIME_END);
    mime_free(mime);
}

int main(void)
{
    test_single();
    test_places();
    test_multipart();
    test_nested();
    test_limits();
    test_silent();
    return test_end("mail_mime");
}
