/* filters_regex_parts.c: what lies across the border of two encoded lines, of two pieces or of two parts is
 * found, wherever they are cut. */
#include "filters_regex_host.h"
#include "mail/mime.h"

enum { MESSAGE_MOST = 2000 };

/* --- a message, taken apart --------------------------------------------------------------------------------
 */
static void tell(struct filter_ctx *ctx, const struct mime_event *event, enum verdict *verdict)
{
    static const enum filter_part_kind kinds[] = {
        [MIME_FIELD] = FILTER_PART_FIELD,     [MIME_PART_BEGIN] = FILTER_PART_BEGIN,
        [MIME_RAW] = FILTER_PART_UNDECODED,   [MIME_BYTES] = FILTER_PART_BYTES,
        [MIME_TEXT] = FILTER_PART_TEXT,       [MIME_PART_END] = FILTER_PART_END,
        [MIME_ANOMALY] = FILTER_PART_ANOMALY,
    };
    struct filter_part part = {.index = event->part->index,
                               .type = event->part->type,
                               .subtype = event->part->subtype,
                               .filename = event->part->filename,
                               .text = event->part->text};
    struct filter_piece piece = {.kind = event->rendered ? FILTER_PART_RENDERED : kinds[event->kind],
                                 .value = event->kind == MIME_FIELD ? event->value : event->bytes};
    if (*verdict == VERDICT_CONTINUE)
        *verdict = filter_regex.on_part(ctx, &part, &piece);
}

static void read_piece(struct filter_ctx *ctx, struct mime *mime, struct span piece, bool last,
                       enum verdict *verdict)
{
    struct mime_event event = {.kind = MIME_FIELD};
    while (event.kind != MIME_MORE && event.kind != MIME_END) {
        piece = span_skip(piece, mime_read(mime, piece, last, &event));
        if (event.kind != MIME_MORE && event.kind != MIME_END)
            tell(ctx, &event, verdict);
    }
}

struct feeding {
    const struct setting *setting;
    enum verdict expected;
    const char *what;
    size_t at;
};

static enum verdict end_message(struct filter_ctx *ctx, struct mime *mime, enum verdict verdict)
{
    read_piece(ctx, mime, SPAN(""), true, &verdict);
    if (verdict == VERDICT_CONTINUE)
        verdict = filter_regex.on_end_of_message(ctx);
    filter_regex.on_abort(ctx);
    mime_free(mime);
    free(ctx->message);
    for (unsigned i = 0; i < ctx->block_count; i++)
        free(ctx->blocks[i]);
    return verdict;
}

static void feed_message(void *arg, struct span message, struct test_split split)
{
    static const struct mime_limits limits = {100, 100, 10000, 100000};
    const struct feeding *feeding = arg;
    struct filter_ctx ctx = {.config = (void *)(uintptr_t)&feeding->setting->config,
                             .message = calloc(1, filter_regex.message_size)};
    struct mime *mime = mime_new(&limits);
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t from = 0, end; from < message.len; from = end) {
        end = test_piece_end(split, from, message.len);
        struct span piece = span_of(message.ptr + from, end - from);
        if (verdict == VERDICT_CONTINUE && wants(feeding->setting, FILTER_CONTENT))
            verdict = filter_regex.on_content(&ctx, piece);
        if (verdict == VERDICT_SKIP)
            verdict = VERDICT_CONTINUE;
        read_piece(&ctx, mime, piece, false, &verdict);
    }
    verdict = end_message(&ctx, mime, verdict);
    if (verdict != feeding->expected)
        fprintf(stderr, "%s, border at %zu, split %d at %zu: %d instead of %d\n", feeding->what, feeding->at,
                (int)split.kind, split.at, (int)verdict, (int)feeding->expected);
    CHECK(verdict == feeding->expected);
}

/* --- borders -----------------------------------------------------------------------------------------------
 */
static size_t encode_base64(struct span text, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = 0;
    for (size_t i = 0; i + 2 < text.len; i += 3) {
        unsigned group = (unsigned)(unsigned char)text.ptr[i] << 16 |
                         (unsigned)(unsigned char)text.ptr[i + 1] << 8 | (unsigned char)text.ptr[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            out[len++] = digits[group >> shift & 63];
    }
    return len;
}

static size_t encode_quoted(struct span text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '=' || (unsigned char)c >= 0x80 || i % 5 == 0)
            len += (size_t)snprintf(out + len, 4, "=%02X", (unsigned char)c);
        else
            out[len++] = c;
    }
    return len;
}

static const struct border_case {
    const char *name, *type;
    size_t (*encode)(struct span text, char *out);
    const char *line_end;
} border_cases[] = {
    {"base64 text", "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64", encode_base64, "\r\n"},
    {"base64 HTML", "text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64", encode_base64, "\r\n"},
    {"base64 octets", "application/pdf\r\nContent-Transfer-Encoding: base64", encode_base64, "\r\n"},
    {"quoted-printable", "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
     encode_quoted, "=\r\n"},
};

/* A soft line break cannot stand in an escape. */
static bool can_break(const char *line, size_t at, const char *line_end)
{
    if (*line_end != '=')
        return true;
    return (at < 1 || line[at - 1] != '=') && (at < 2 || line[at - 2] != '=');
}

static void try_border(const struct border_case *c, struct feeding *feeding, const char *line, size_t len,
                       size_t at)
{
    char message[MESSAGE_MOST];
    feeding->what = c->name;
    feeding->at = at;
    snprintf(message, sizeof message, "Content-Type: %s\r\n\r\n%.*s%s%.*s\r\n", c->type, (int)at, line,
             c->line_end, (int)(len - at), line + at);
    test_every_split(span_str(message), feed_message, feeding);
}

static void test_encoded_lines(void)
{
    static const char *const scopes[] = {"body", "part:text/*", "part:*/*"};
    struct span text = SPAN("pay caf\xC3\xA9 number 4711 at once!"); /* a multiple of three octets */
    CHECK(text.len % 3 == 0);
    for (size_t i = 0; i < sizeof border_cases / sizeof border_cases[0]; i++) {
        const struct border_case *c = &border_cases[i];
        char line[MESSAGE_MOST];
        size_t len = c->encode(text, line);
        for (size_t s = 0; s < sizeof scopes / sizeof scopes[0]; s++) {
            bool octets = strncmp(c->type, "text/", 5) != 0;
            struct rule rule = {.on = scopes[s], .source = "(?i)CAF\xC3\xA9 number \\d{4}\\b"};
            struct setting setting;
            set_up(&setting, &rule, 1);
            struct feeding feeding = {&setting, octets && s < 2 ? VERDICT_CONTINUE : VERDICT_REJECT, NULL, 0};
            for (size_t at = 1 + s; at < len; at += 3)
                if (can_break(line, at, c->line_end))
                    try_border(c, &feeding, line, len, at);
            take_down(&setting);
        }
    }
}

/* Only raw has a text in which parts follow each other; elsewhere each is one by itself. */
static void test_part_borders(void)
{
    static const char message[] =
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nalpha\r\n--x\r\n\r\n"
        "beta\r\n--x--\r\n";
    static const struct {
        const char *on, *pattern;
        enum verdict verdict;
    } cases[] = {
        {"raw", "(?s)alpha.*beta", VERDICT_REJECT},
        {"raw", "alpha\\r\\n--x\\r\\n\\r\\nbeta", VERDICT_REJECT},
        {"body", "(?s)alpha.*beta", VERDICT_CONTINUE},
        {"body", "\\Abeta\\z", VERDICT_REJECT},
        {"part:*/*", "\\Aalpha\\z", VERDICT_REJECT},
        {"part:*/*", "(?s)alpha.+", VERDICT_CONTINUE},
        {"part:text/plain", "^beta$", VERDICT_REJECT},
        {"part:text/html", "beta", VERDICT_CONTINUE},
        {"raw", "x--\\r\\n\\z", VERDICT_REJECT},
        {"raw", "alphabeta", VERDICT_CONTINUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule rule = {.on = cases[i].on, .source = cases[i].pattern};
        struct setting setting;
        set_up(&setting, &rule, 1);
        struct feeding feeding = {&setting, cases[i].verdict, cases[i].pattern, i};
        test_every_split(span_of(message, sizeof message - 1), feed_message, &feeding);
        take_down(&setting);
    }
}

int main(void)
{
    test_encoded_lines();
    test_part_borders();
    return test_end("filters_regex_parts");
}
