/* reply.c: reads REPLYCODE; that its text is harmless is left to the chain. */
#include "filters/milter/reply.h"

#define CODE_LEN    3
#define CLOSING     421 /* says that the connection closes (RFC 5321 3.8) */
#define TEXT_OCTETS 512
#define LINES_MAX   32 /* as many as libmilter lets a milter set */

/* One line, apart. */
struct line {
    unsigned code;
    bool last; /* of the reply, by its separator */
    struct span enhanced, text;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of status-code at the start of s, 0 when there is none that fits the code.
 * status-code = class "." subject "." detail ; subject, detail = 1*3digit ; RFC 3463 2 */
static size_t enhanced_len(struct span s, char class)
{
    size_t at = 1;

    if (s.len == 0 || s.ptr[0] != class)
        return 0;
    for (unsigned part = 0; part < 2; part++) {
        size_t digits = 0;
        if (at >= s.len || s.ptr[at++] != '.')
            return 0;
        for (; at < s.len && is_digit(s.ptr[at]) && digits < 3; digits++)
            at++;
        if (digits == 0)
            return 0;
    }
    return at == s.len || s.ptr[at] == ' ' ? at : 0;
}

/* line = code [( SP / "-" ) [status-code SP] text] */
static bool read_line(struct span s, struct line *out)
{
    unsigned code = 0;
    size_t len;

    if (s.len < CODE_LEN || (s.len > CODE_LEN && s.ptr[CODE_LEN] != ' ' && s.ptr[CODE_LEN] != '-'))
        return false;
    for (size_t i = 0; i < CODE_LEN; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
        code = code * 10 + (unsigned)(s.ptr[i] - '0');
    }
    *out = (struct line){.code = code, .last = s.len == CODE_LEN || s.ptr[CODE_LEN] == ' '};
    out->text = span_skip(s, s.len == CODE_LEN ? CODE_LEN : CODE_LEN + 1);
    len = enhanced_len(out->text, s.ptr[0]);
    out->enhanced = span_first(out->text, len);
    out->text = span_skip(out->text, len);
    while (out->text.len != 0 && out->text.ptr[0] == ' ')
        out->text = span_skip(out->text, 1);
    return code >= 400 && code <= 599;
}

/* Takes a line off the front, without its end, which is CRLF or LF. */
static struct span next_line(struct span *text)
{
    const char *lf = text->len != 0 ? memchr(text->ptr, '\n', text->len) : NULL;
    struct span line = lf != NULL ? span_of(text->ptr, (size_t)(lf - text->ptr)) : *text;

    *text = span_skip(*text, lf != NULL ? line.len + 1 : line.len);
    if (line.len != 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* The text as it is meant: libmilter has it pass as a format, with each % doubled. */
static size_t undouble(struct span text, char to[TEXT_OCTETS])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len && len < TEXT_OCTETS; i++) {
        if (text.ptr[i] == '%' && i + 1 < text.len && text.ptr[i + 1] == '%')
            i++;
        to[len++] = text.ptr[i];
    }
    return len;
}

/* False when the lines do not make one reply. */
static bool check(struct span text)
{
    struct line line = {0}, first = {0};
    unsigned count = 0;

    do {
        if (!read_line(next_line(&text), &line) || (count != 0 && line.code != first.code))
            return false;
        if (count++ == 0)
            first = line;
    } while (text.len != 0 && !line.last && count < LINES_MAX);
    return text.len == 0;
}

static void give_first(struct filter_ctx *ctx, const struct line *line)
{
    char text[TEXT_OCTETS], enhanced[12] = "";
    size_t len = undouble(line->text, text);

    if (line->enhanced.len < sizeof(enhanced) && line->enhanced.len != 0)
        memcpy(enhanced, line->enhanced.ptr, line->enhanced.len);
    filter_set_reply(ctx, line->code, enhanced[0] != '\0' ? enhanced : NULL, "%.*s", (int)len, text);
}

enum verdict milter_reply_give(struct filter_ctx *ctx, struct span text)
{
    struct line line = {0};

    if (!check(text))
        return VERDICT_FAIL;
    (void)read_line(next_line(&text), &line);
    give_first(ctx, &line);
    while (text.len != 0) {
        char more[TEXT_OCTETS];
        (void)read_line(next_line(&text), &line);
        size_t len = undouble(line.text, more);
        filter_add_reply_line(ctx, "%.*s", (int)len, more);
    }
    if (line.code == CLOSING)
        return VERDICT_DISCONNECT;
    return line.code < 500 ? VERDICT_TEMPFAIL : VERDICT_REJECT;
}
