/* filters_disclaimer.c: the wording in messages of every kind, however they are cut; and in messages made by
 * chance and by others: the same parts as before, all but the chosen ones octet for octet. */
#include <dirent.h>

#include "filters/filters.h"
#include "base/hold.h"
#include "filters_disclaimer_tree.h"
#include "filters_fixture.h"
#include "mail/header.h"
#include "mail/mime.h"

#define OCTETS (1 << 20)

/* --- a message through the chain, as a session shows it ------------------------------------------------- */

struct delivery {
    struct fake_session *session;
    struct header_reader header;
    struct mime *mime;
    bool in_body;
    struct text section; /* up to the blank line */
    enum verdict verdict;
};

static void ask(struct delivery *to, const struct chain_question *question)
{
    struct decision decision;

    if (to->verdict == VERDICT_CONTINUE)
        to->verdict = chain_ask(&to->session->run, question, &decision);
}

static void ask_bytes(struct delivery *to, enum filter_event event, struct span bytes)
{
    struct chain_question question = {.event = event, .bytes = bytes};

    ask(to, &question);
}

static void show_part(struct delivery *to, const struct mime_event *event)
{
    static const enum filter_part_kind kinds[] = {
        [MIME_FIELD] = FILTER_PART_FIELD,     [MIME_PART_BEGIN] = FILTER_PART_BEGIN,
        [MIME_RAW] = FILTER_PART_UNDECODED,   [MIME_BYTES] = FILTER_PART_BYTES,
        [MIME_TEXT] = FILTER_PART_TEXT,       [MIME_PART_END] = FILTER_PART_END,
        [MIME_ANOMALY] = FILTER_PART_ANOMALY,
    };
    static const char *const encodings[] = {"identity", "base64", "quoted-printable", "uuencode", "unknown"};
    const struct mime_part *part = event->part;
    struct chain_question question = {.event = FILTER_PART};
    struct filter_part *is = &question.part.is;

    *is = (struct filter_part){.index = part->index, .parent = part->parent, .depth = part->depth};
    is->type = part->type;
    is->subtype = part->subtype;
    is->charset = part->charset;
    is->disposition = part->disposition;
    is->filename = part->filename;
    is->text = part->text;
    is->multipart = part->multipart;
    is->message = part->message;
    is->encoding = span_str(encodings[part->encoding]);
    question.part.piece.kind = event->rendered ? FILTER_PART_RENDERED : kinds[event->kind];
    question.part.piece.name =
        event->kind == MIME_ANOMALY ? span_str(anomaly_name(event->anomaly)) : event->name;
    question.part.piece.value = event->kind == MIME_FIELD ? event->value : event->bytes;
    question.part.piece.at = event->at;
    ask(to, &question);
}

static void show_parts(struct delivery *to, struct span piece, bool last)
{
    struct mime_event event;

    do {
        piece = span_skip(piece, mime_read(to->mime, piece, last, &event));
        if (event.kind != MIME_MORE && event.kind != MIME_END)
            show_part(to, &event);
    } while (event.kind != MIME_MORE && event.kind != MIME_END);
}

static void show_header(struct delivery *to, struct span *piece, bool last)
{
    enum header_event kind = HEADER_MORE;

    while (!to->in_body) {
        struct chain_question question = {.event = FILTER_HEADER};
        size_t used = 0;
        if (piece->len != 0)
            used = header_read(&to->header, *piece, &question.header.name, &question.header.value, &kind);
        else if (last)
            header_finish(&to->header, &question.header.name, &question.header.value, &kind);
        else
            return;
        text_add(&to->section, span_first(*piece, used));
        *piece = span_skip(*piece, used);
        if (kind == HEADER_FIELD)
            ask(to, &question);
        to->in_body = kind == HEADER_END || kind == HEADER_ERROR;
    }
    ask_bytes(to, FILTER_END_OF_HEADERS, span_of(NULL, 0));
}

static void show(struct delivery *to, struct span piece)
{
    struct span rest = piece;

    ask_bytes(to, FILTER_CONTENT, piece);
    if (!to->in_body) {
        show_header(to, &rest, false);
        struct span tail = to->in_body ? header_tail(&to->header) : SPAN("");
        to->section.len -= tail.len;
        if (tail.len != 0)
            ask_bytes(to, FILTER_BODY, tail);
    }
    if (rest.len != 0)
        ask_bytes(to, FILTER_BODY, rest);
    show_parts(to, piece, false);
}

static void collect(struct delivery *to, struct span message, struct text *out)
{
    bool full = false;
    struct hold *body = chain_new_body(&to->session->run, &full);
    struct span section = text_span(&to->section);

    CHECK(!full);
    text_add(out, fake_edited(to->session, section));
    if (body == NULL) {
        text_add(out, span_skip(message, section.len));
        return;
    }
    for (long n, at = 0; (n = hold_read(body, (uint64_t)at, out->ptr + out->len, out->size - out->len)) > 0;
         at += n)
        out->len += (size_t)n;
}

/* In pieces of `step` octets, the first of `first`; what would go on is in *out. */
static enum verdict deliver(struct fake_session *session, struct span message, size_t first, size_t step,
                            struct text *out)
{
    static char section[OCTETS];
    struct delivery to = {.session = session, .mime = mime_new(&bounds), .section = TEXT(section)};
    struct decision decision;
    size_t n = first;

    to.header = (struct header_reader){.field_limit = 65536, .section_limit = 1 << 20, .count_limit = 10000};
    fake_message_begin(session);
    to.verdict = fake_address(session, FILTER_MAIL, "a@example.com", &decision);
    for (struct span rest = message; rest.len != 0; n = step) {
        struct span piece = span_first(rest, n);
        char *copy = malloc(piece.len);
        REQUIRE(copy != NULL);
        memcpy(copy, piece.ptr, piece.len);
        show(&to, span_of(copy, piece.len));
        free(copy);
        rest = span_skip(rest, piece.len);
    }
    if (!to.in_body)
        show_header(&to, &(struct span){"", 0}, true);
    show_parts(&to, span_of(NULL, 0), true);
    ask_bytes(&to, FILTER_END_OF_MESSAGE, span_of(NULL, 0));
    out->len = 0;
    collect(&to, message, out);
    mime_free(to.mime);
    header_free(&to.header);
    chain_message_end(&session->run, to.verdict != VERDICT_CONTINUE);
    return to.verdict;
}

/* --- rows ----------------------------------------------------------------------------------------------- */

#define ASCII "disclaimer: {text: \"--\\nSaid by us\", html: \"<i>ours</i>\", marker: X-D"
#define LATIN "disclaimer: {text: \"Gr\\xfc\\xdfe\", marker: \"\""
#define X     "X-D: added\r\n"

static const struct row {
    const char *filter, *message, *expected; /* NULL: as it was; "!": refused */
} rows[] = {
    {ASCII "}", "A: b\r\n\r\nHello\r\n", X "A: b\r\n\r\nHello\r\n--\r\nSaid by us\r\n"},
    {ASCII "}", "A: b\r\n\r\nHello", X "A: b\r\n\r\nHello\r\n--\r\nSaid by us\r\n"},
    {ASCII "}", "A: b\r\n\r\n", X "A: b\r\n\r\n--\r\nSaid by us\r\n"},
    {ASCII ", position: start}", "A: b\r\n\r\nHello\r\n", X "A: b\r\n\r\n--\r\nSaid by us\r\nHello\r\n"},
    {ASCII ", position: start}", "A: b\r\n\r\n", X "A: b\r\n\r\n--\r\nSaid by us\r\n"},
    {ASCII "}", "x-d: yes\r\n\r\nHello\r\n", NULL},
    {ASCII ", senders: other.example}", "A: b\r\n\r\nHello\r\n", NULL},
    {ASCII ", senders: example.com}", "A: b\r\n\r\nHello\r\n", X "A: b\r\n\r\nHello\r\n--\r\nSaid by us\r\n"},
    {ASCII ", authenticated: true}", "A: b\r\n\r\nHello\r\n", NULL},
    {ASCII ", clients: 192.0.2.0/24}", "A: b\r\n\r\nHello\r\n", NULL},
    /* transfer encodings */
    {ASCII "}", "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n",
     X "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8NCi0tDQpTYWlkIGJ5IHVzDQo=\r\n"},
    {ASCII "}", "Content-Transfer-Encoding: quoted-printable\r\n\r\nHel=\r\nlo =3D \t=20\r\nx=\r\n",
     X "Content-Transfer-Encoding: quoted-printable\r\n\r\nHello =3D \t=20\r\nx\r\n--\r\nSaid by us\r\n"},
    {ASCII "}", "Content-Transfer-Encoding: x-uuencode\r\n\r\nHello\r\n", NULL},
    {ASCII "}", "Content-Transfer-Encoding: other\r\n\r\nHello\r\n", NULL},
    {ASCII "}", "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n",
     NULL},
    /* charsets */
    {LATIN "}", "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nx\r\n",
     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
     "8bit\r\n\r\nx\r\nGr\xc3\xbc\xc3\x9f"
     "e\r\n"},
    {LATIN "}",
     "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe4\r\n",
     "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
     "8bit\r\n\r\n\xe4\r\nGr\xfc\xdf"
     "e\r\n"},
    {LATIN "}", "Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n",
     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
     "quoted-printable\r\nMIME-Version: 1.0"
     "\r\n\r\nx\r\nGr=C3=BC=C3=9Fe\r\n"},
    {LATIN "}", "MIME-Version: 1.0\r\n\r\nx=\r\n",
     "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
     "quoted-printable"
     "\r\n\r\nx=3D\r\nGr=C3=BC=C3=9Fe\r\n"},
    {LATIN "}",
     "MIME-Version: 1.0\r\nContent-Type: text/plain; format=Flowed;\r\n charset=koi8-r\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\nwQ==\r\n",
     "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\n0LANCkdyw7zDn2UNCg==\r\n"},
    {LATIN ", unfit: skip}", "Content-Type: text/plain; charset=koi8-r\r\n\r\nx\r\n", NULL},
    {LATIN ", unfit: skip}", "A: b\r\n\r\nx\r\n", NULL},
    {ASCII "}",
     "Content-Type: text/plain; charset=utf-16be\r\nContent-Transfer-Encoding: base64\r\n\r\nAGE=\r\n",
     X "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nMIME-Version: "
       "1.0\r\n\r\n"
       "YQ0KLS0NClNhaWQgYnkgdXMNCg==\r\n"},
    /* HTML */
    {ASCII "}", "Content-Type: text/html\r\n\r\n<body>x</body ></html>\r\n",
     X "Content-Type: text/html\r\n\r\n<body>x\r\n<i>ours</i>\r\n</body ></html>\r\n"},
    {ASCII "}", "Content-Type: text/html\r\n\r\n<b>x</b></bod>\r\n",
     X "Content-Type: text/html\r\n\r\n<b>x</b></bod>\r\n<i>ours</i>\r\n"},
    {ASCII ", position: start}", "Content-Type: text/html\r\n\r\n<bodyx><BODY a='>'>x\r\n",
     X "Content-Type: text/html\r\n\r\n<bodyx><BODY a='>'>\r\n<i>ours</i>\r\nx\r\n"},
    {ASCII ", position: start}", "Content-Type: text/html\r\n\r\nx\r\n",
     X "Content-Type: text/html\r\n\r\nx\r\n<i>ours</i>\r\n"},
    {LATIN "}", "Content-Type: text/html; charset=koi8-r\r\n\r\n<p>\r\n",
     "Content-Type: text/html; charset=koi8-r\r\n\r\n<p>\r\n<p>Gr&#252;&#223;e</p>\r\n"},
    /* multiparts */
    {ASCII "}",
     "Content-Type: multipart/mixed; "
     "boundary=b\r\n\r\nnote\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\nend\r\n",
     X "Content-Type: multipart/mixed; boundary=b\r\n\r\nnote\r\n--b\r\n\r\nx\r\n--\r\nSaid by "
       "us\r\n--b\r\n\r\ny\r\n"
       "--b--\r\nend\r\n"},
    {LATIN "}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
     "Content-Transfer-Encoding: quoted-printable\r\n\r\nx\r\nGr=C3=BC=C3=9Fe\r\n--b\r\n\r\ny\r\n--b--\r\n"},
    {LATIN "}",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-type : text/plain;\r\n charset=a\r\nX: "
     "1\r\n 2\r\n"
     "Content-transfer-encoding: 7bit\r\n\r\nx\r\n--b--\r\n",
     NULL},
    {LATIN "}",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-type : text/plain;\r\n "
     "charset=koi8-r\r\nX: 1\r\n"
     " 2\r\nContent-transfer-encoding: 7bit\r\nY: 3\r\n\r\nx\r\n--b--\r\n",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: 1\r\n 2\r\nY: 3\r\n"
     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n"
     "Gr=C3=BC=C3=9Fe\r\n--b--\r\n"},
    {ASCII "}",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; "
     "boundary=c\r\n\r\n"
     "--c\r\n\r\nx\r\n--c\r\nContent-Type: text/html\r\n\r\n<b>\r\n--c--\r\n--b\r\n\r\ny\r\n--b--\r\n",
     X "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; "
       "boundary=c\r\n\r\n"
       "--c\r\n\r\nx\r\n--\r\nSaid by us\r\n--c\r\nContent-Type: "
       "text/html\r\n\r\n<b>\r\n<i>ours</i>\r\n--c--\r\n--b\r\n\r\n"
       "y\r\n--b--\r\n"},
    {ASCII "}",
     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
     "attachment\r\n\r\nx\r\n--b\r\n\r\ny\r\n"
     "--b--\r\n",
     NULL},
    {ASCII "}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\ny\r\n--b--\r\n",
     X "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--\r\nSaid by "
       "us\r\n--b\r\n\r\ny\r\n--b--\r\n"},
    {ASCII "}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
     X "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--\r\nSaid by us\r\n"},
    {ASCII "}", "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n\r\nx\r\n--b--\r\n",
     NULL},
    {ASCII "}", "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n", NULL},
    {ASCII "}", "Content-Type: multipart/mixed\r\n\r\nx\r\n", NULL},
    {ASCII "}", "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
     NULL},
    {ASCII "}", "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx\r\n", NULL},
    {ASCII "}", "no field\r\n\r\nx\r\n", NULL},
    {ASCII "}",
     "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: "
     "base64\r\n\r\nLS1iDQoNCngNCi0tYi0t\r\n",
     NULL},
    /* signed and encrypted */
    {ASCII "}", "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", NULL},
    {ASCII ", sealed: refuse}", "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
     "!"},
    {ASCII ", sealed: refuse}", "Content-Type: application/pkcs7-mime\r\n\r\nx\r\n", "!"},
    {ASCII "}", "A: b\r\n\r\nx\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n", NULL},
    {ASCII ", sealed: refuse, position: start}", "A: b\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n", "!"},
};

static void check_row(const struct row *row)
{
    static char bytes[OCTETS];
    struct text out = TEXT(bytes);
    struct span message = span_str(row->message);
    bool refused = row->expected != NULL && row->expected[0] == '!';
    struct yaml yaml;
    struct fake_session session;
    int before = test_failures;

    yaml_begin(&yaml, &session, row->filter);
    for (size_t at = 0; at <= message.len && test_failures == before; at++) {
        enum verdict verdict = deliver(&session, message, at == 0 ? 1 : at, at == 0 ? 1 : message.len, &out);
        CHECK(verdict == (refused ? VERDICT_REJECT : VERDICT_CONTINUE));
        if (!refused)
            CHECK_SPAN(text_span(&out), row->expected != NULL ? span_str(row->expected) : message);
    }
    yaml_end(&yaml, &session);
    if (test_failures != before)
        fprintf(stderr, "  in row %zu\n", (size_t)(row - rows));
}

/* --- the same tree as before ---------------------------------------------------------------------------- */

/* Lines end in CRLF, and there is no CR, LF or NUL alone: what a session lets in. */
static void clean(struct span raw, struct text *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '\n')
            text_add(out, SPAN("\r\n"));
        else if (raw.ptr[i] != '\r' && raw.ptr[i] != '\0')
            text_char(out, raw.ptr[i]);
    }
    if (out->len != 0 && out->ptr[out->len - 1] != '\n')
        text_add(out, SPAN("\r\n"));
}

static unsigned pass(struct fake_session *session, const char *what, struct span message)
{
    static char bytes[8 * OCTETS], again[8 * OCTETS];
    struct text out = TEXT(bytes), other = TEXT(again);

    CHECK(deliver(session, message, message.len, message.len, &out) == VERDICT_CONTINUE);
    if (message.len < 20000) {
        CHECK(deliver(session, message, 1 + message.len / 3, 7, &other) == VERDICT_CONTINUE);
        CHECK_SPAN(text_span(&other), text_span(&out));
    }
    return compare(what, message, text_span(&out));
}

/* --- by chance ------------------------------------------------------------------------------------------ */

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % sides;
}

static void make_leaf(struct text *out, uint32_t *seed)
{
    static const char *const types[] = {"text/plain", "text/html", "text/calendar", "image/png",
                                        "message/rfc822"};
    static const char *const charsets[] = {"", "; charset=utf-8", "; charset=iso-8859-1", "; charset=koi8-r",
                                           "; charset=iso-2022-jp"};
    static const char *const bodies[] = {"",
                                         "x",
                                         "x\r\n",
                                         "<body>x</body>\r\n",
                                         "--\r\n-x\r\n--y",
                                         "A: b\r\n\r\nc",
                                         "a=20\r\nb= \r\nc=\r\n",
                                         "\r\n\r\n"};
    static const char *const encodings[] = {"", "Content-Transfer-Encoding: 8bit\r\n",
                                            "Content-Transfer-Encoding: quoted-printable\r\n"};
    const char *type = types[dice(seed, 8) % 5];

    text_format(out, "Content-Type: %s%s\r\n%s", type, type[0] == 't' ? charsets[dice(seed, 5)] : "",
                type[0] == 't' ? encodings[dice(seed, 3)] : "");
    if (dice(seed, 6) == 0)
        text_add(out, SPAN("Content-Disposition: attachment\r\n"));
    text_add(out, SPAN("\r\n"));
    for (unsigned n = dice(seed, 4); n-- > 0;)
        text_add(out, span_str(bodies[dice(seed, 8)]));
}

static void make_part(struct text *out, uint32_t *seed, unsigned depth)
{
    static const char *const kinds[] = {"mixed", "alternative", "related", "mixed", "signed", "digest"};

    if (depth >= 4 || dice(seed, 3) == 0) {
        make_leaf(out, seed);
        return;
    }
    text_format(out, "Content-Type: multipart/%s; boundary=b%u\r\n\r\n%s", kinds[dice(seed, 6)], depth,
                dice(seed, 2) == 0 ? "note\r\n" : "");
    for (unsigned n = 1 + dice(seed, 3); n-- > 0;) {
        text_format(out, "--b%u%s\r\n", depth, dice(seed, 5) == 0 ? " " : "");
        make_part(out, seed, depth + 1);
        text_add(out, SPAN("\r\n"));
    }
    if (dice(seed, 4) != 0)
        text_format(out, "--b%u--\r\n", depth);
    if (dice(seed, 3) == 0)
        text_add(out, SPAN("end"));
}

static void test_chance(struct fake_session *session)
{
    static char bytes[65536];
    unsigned changed = 0;

    for (uint32_t i = 0; i < 3000; i++) {
        struct text message = TEXT(bytes);
        uint32_t seed = i;
        char what[32];
        make_part(&message, &seed, 0);
        text_add(&message, SPAN("\r\n"));
        snprintf(what, sizeof(what), "message %u", i);
        changed += pass(session, what, text_span(&message));
    }
    printf("filters_disclaimer: %u parts changed in 3000 messages\n", changed);
    CHECK(changed > 500);
}

/* --- by enemies ----------------------------------------------------------------------------------------- */

static void fill(struct text *out, size_t octets, const char *with)
{
    for (size_t at = 0; at < octets; at += strlen(with))
        text_add(out, span_str(with));
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

/* More of everything than is held back; true when the text is to be found in it afterwards. */
static const struct {
    const char *before;
    size_t octets;
    const char *with, *behind;
    bool written;
} large[] = {
    {MIXED, 300000, "preamble\r\n", "--b\r\n\r\ntext\r\n--b--\r\n", true},
    {MIXED "--b\r\n\r\ntext\r\n--b--\r\n", 300000, "epilogue\r\n", "", true},
    {MIXED "--b\r\nX: ", 60000, "field ", "\r\n\r\ntext\r\n--b--\r\n", true},
    {MIXED "--b\r\n", 300000, "X: field field field field field field field field field field\r\n",
     "\r\ntext\r\n--b--\r\n", true},
    {MIXED "--b\r\nX: ", 90000, "field ", "\r\n\r\ntext\r\n--b--\r\n", false},
    {MIXED "--b\r\n\r\n", 300000, "text without a line end ", "\r\n--b--\r\n", true},
    {MIXED "--b\r\n\r\n", 20000, "\r\n-", "\r\n--b--\r\n", true},
    {MIXED "--b\r\n\r\n", 20000, "\r\n--c", "\r\n--b--\r\n", true},
    {MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", 200000, "####\r\n", "eA==\r\n--b--\r\n", true},
    {MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", 600000, "####\r\n", "eA==\r\n--b--\r\n", true},
    {MIXED "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n", 300000, "eHh4", "\r\n--b--\r\n", true},
    {MIXED "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", 20000, "=\r\n", "\r\n--b--\r\n",
     true},
    {MIXED "--b\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n", 20000, "</body>", "\r\n--b--\r\n", true},
    {MIXED "--b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n",
     300000, "####", "\r\n--b--\r\n", false},
    {MIXED "--b\r\n\r\nfirst\r\n", 20000, "--b\r\n\r\nx\r\n", "--b--\r\n", true},
};

static void test_large(struct fake_session *session)
{
    static char bytes[OCTETS], first[8 * OCTETS], second[8 * OCTETS];
    static const size_t cuts[] = {3000, OCTETS};

    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        struct text message = TEXT(bytes), out = TEXT(first), other = TEXT(second);
        int before = test_failures;
        text_add(&message, span_str(large[i].before));
        fill(&message, large[i].octets, large[i].with);
        text_add(&message, span_str(large[i].behind));
        for (unsigned n = 0; n < sizeof(cuts) / sizeof(cuts[0]); n++) {
            CHECK(deliver(session, text_span(&message), cuts[n], cuts[n], n == 0 ? &out : &other) ==
                  VERDICT_CONTINUE);
            CHECK(n == 0 || span_eq(text_span(&out), text_span(&other)));
        }
        CHECK(span_eq(text_span(&out), text_span(&message)) != large[i].written);
        if (test_failures != before)
            fprintf(stderr, "  in large message %zu\n", i);
    }
}

/* --- by others ------------------------------------------------------------------------------------------ */

static unsigned pass_file(struct fake_session *session, const char *path)
{
    static char raw[OCTETS], bytes[2 * OCTETS];
    struct text message = TEXT(bytes);
    FILE *file = fopen(path, "rb");
    size_t len;

    if (file == NULL)
        return 0;
    len = fread(raw, 1, sizeof(raw), file);
    fclose(file);
    clean(span_of(raw, len), &message);
    return len != 0 && len < sizeof(raw) ? pass(session, path, text_span(&message)) : 0;
}

static void test_others(struct fake_session *session)
{
    static const char folder[] = TEST_SOURCE_DIR "/../shared/data/stalwart-mail-parser/resources/eml";
    static const char *const below[] = {"rfc", "legacy", "malformed", "thirdparty"};
    unsigned files = 0, changed = 0;

    for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, below[i]);
        DIR *dir = opendir(path);
        for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
            size_t len = strlen(entry->d_name);
            if (len < 4 || strcmp(entry->d_name + len - 4, ".eml") != 0)
                continue;
            snprintf(path, sizeof(path), "%s/%s/%s", folder, below[i], entry->d_name);
            changed += pass_file(session, path);
            files++;
        }
        if (dir != NULL)
            closedir(dir);
    }
    printf("filters_disclaimer: %u messages of others, %u parts changed\n", files, changed);
    CHECK(files == 0 || changed > 50);
}

int main(void)
{
    struct yaml yaml;
    struct fake_session session;

    registry_add(&filter_disclaimer);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
    yaml_begin(&yaml, &session, LATIN "}");
    test_chance(&session);
    test_large(&session);
    test_others(&session);
    yaml_end(&yaml, &session);
    yaml_refused("disclaimer: {}", "text");
    yaml_refused("disclaimer: {text: ''}", "empty");
    yaml_refused("disclaimer: {text: x, marker: 'a:'}", "no name");
    yaml_refused("disclaimer: {text: x, reply: no}", "no refusal");
    return test_end("filters_disclaimer");
}
