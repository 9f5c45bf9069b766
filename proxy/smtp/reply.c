/* reply.c: prints replies and reads them from an upstream. Who answers what is left to session/exchange. */
#include "smtp/reply.h"

#include <assert.h>

#include "smtp/address.h"
#include "smtp/chars.h"

#define LINE_OCTETS 512 /* RFC 5321 4.5.3.1.5, CRLF included */
#define LINES_MAX   32

/* Where a line of at most `room` octets ends without breaking a UTF-8 sequence apart. */
static struct span cut_line(struct span line, size_t room, bool utf8)
{
    if (line.len <= room)
        return line;
    while (utf8 && room > 0 && ((unsigned char)line.ptr[room] & 0xc0u) == 0x80)
        room--;
    return span_first(line, room);
}

static void add_line(struct text *text, unsigned code, char separator, struct span enhanced, struct span line)
{
    size_t room = LINE_OCTETS - sizeof("250 \r\n") + 1;
    bool utf8 = address_utf8_valid(line);

    assert(code >= 200 && code <= 599);
    text_number(text, code);
    text_char(text, separator);
    if (enhanced.len != 0) {
        text_add(text, enhanced);
        text_char(text, ' ');
        room -= enhanced.len + 1;
    }
    text_add_safe(text, cut_line(line, room, utf8), utf8);
    text_add(text, SPAN("\r\n"));
}

/* Half a reply would put both sides out of step: a reply that does not fit is taken back whole. */
static void settle(struct text *text, size_t before)
{
    if (text->cut)
        text->len = before;
}

void reply_print(struct text *text, unsigned code, const char *enhanced, struct span line, bool with_enhanced)
{
    size_t before = text->len;

    add_line(text, code, ' ', span_str(with_enhanced ? enhanced : NULL), line);
    settle(text, before);
}

void reply_print_lines(struct text *text, unsigned code, const char *enhanced, struct span lines,
                       bool with_enhanced)
{
    struct span status = span_str(with_enhanced ? enhanced : NULL);
    size_t before = text->len;
    const char *lf;

    for (unsigned n = 1; n < LINES_MAX && lines.len != 0; n++) {
        if ((lf = memchr(lines.ptr, '\n', lines.len)) == NULL)
            break;
        size_t len = (size_t)(lf - lines.ptr);
        add_line(text, code, '-', status, span_first(lines, len));
        lines = span_skip(lines, len + 1);
    }
    add_line(text, code, ' ', status, lines);
    settle(text, before);
}

/* "." then one to three digits without a leading zero (RFC 3463 2), taken off *s. */
static bool take_number(struct span *s)
{
    size_t digits = 0;

    if (s->len == 0 || s->ptr[0] != '.')
        return false;
    *s = span_skip(*s, 1);
    while (digits < s->len && chars_is(s->ptr[digits], CHAR_DIGIT))
        digits++;
    if (digits == 0 || digits > 3 || (digits > 1 && s->ptr[0] == '0'))
        return false;
    *s = span_skip(*s, digits);
    return true;
}

/* RFC 3463 2: status-code = class "." subject "." detail ; class = "2"/"4"/"5" */
bool reply_enhanced_valid(struct span enhanced, unsigned code)
{
    unsigned class = code / 100;

    if (class != 2 && class != 4 && class != 5)
        return false;
    if (enhanced.len == 0 || enhanced.ptr[0] != (char)('0' + class))
        return false;
    enhanced = span_skip(enhanced, 1);
    for (int part = 0; part < 2; part++)
        if (!take_number(&enhanced))
            return false;
    return enhanced.len == 0;
}

void reply_split_enhanced(struct span line, unsigned code, struct span *enhanced, struct span *rest)
{
    const char *space = line.len != 0 ? memchr(line.ptr, ' ', line.len) : NULL;
    struct span word = span_first(line, space != NULL ? (size_t)(space - line.ptr) : line.len);

    *enhanced = span_of(NULL, 0);
    *rest = line;
    if (!reply_enhanced_valid(word, code))
        return;
    *enhanced = word;
    *rest = span_skip(line, space != NULL ? word.len + 1 : word.len);
}

/* RFC 5321 4.2: Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 * One of its lines, given without LF. The code, or enum reply_error; *last for the final line. */
static int line_code(struct span line, bool *last)
{
    unsigned code;

    if (line.len < sizeof("250\r") - 1 || line.ptr[line.len - 1] != '\r')
        return REPLY_SYNTAX;
    line.len--;
    if (memchr(line.ptr, '\r', line.len) != NULL || memchr(line.ptr, '\0', line.len) != NULL)
        return REPLY_SYNTAX;
    for (size_t i = 0; i < 3; i++)
        if (!chars_is(line.ptr[i], CHAR_DIGIT))
            return REPLY_SYNTAX;
    code = (unsigned)(line.ptr[0] - '0') * 100 + (unsigned)(line.ptr[1] - '0') * 10 +
           (unsigned)(line.ptr[2] - '0');
    if (code < 200 || code > 599)
        return REPLY_SYNTAX;
    *last = line.len == 3 || line.ptr[3] == ' ';
    return *last || line.ptr[3] == '-' ? (int)code : REPLY_SYNTAX;
}

/* The next line of data behind what has been examined, with its LF; absent when it is not complete yet. */
static struct span next_line(struct reply_reader *reader, struct span data)
{
    struct span rest = span_skip(data, reader->seen);
    struct span fresh = span_skip(rest, reader->scanned);
    const char *lf = memchr(fresh.ptr, '\n', fresh.len);

    if (lf == NULL) {
        reader->scanned = rest.len;
        return span_of(NULL, 0);
    }
    reader->scanned = 0;
    return span_first(rest, (size_t)(lf - rest.ptr) + 1);
}

long reply_read(struct reply_reader *reader, struct span data, const struct reply_limits *limits,
                struct reply_in *out)
{
    bool last = false;

    assert(reader->seen + reader->scanned <= data.len);
    if (data.len == 0)
        return 0;
    while (!last) {
        struct span line = next_line(reader, data);
        int code;

        if (line.ptr == NULL)
            return data.len >= limits->octets ? REPLY_LONG : 0;
        if (reader->seen + line.len > limits->octets || reader->lines >= limits->lines)
            return REPLY_LONG;
        code = line_code(span_first(line, line.len - 1), &last);
        if (code < 0)
            return code;
        if (reader->lines > 0 && reader->code != (unsigned)code)
            return REPLY_MIXED;
        reader->code = (unsigned)code;
        reader->lines++;
        reader->seen += line.len;
    }
    *out = (struct reply_in){reader->code, span_first(data, reader->seen), reader->lines};
    return (long)reader->seen;
}

bool reply_next_line(struct span *rest, struct span *text)
{
    const char *lf = rest->len != 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    size_t len = lf != NULL ? (size_t)(lf - rest->ptr) + 1 : 0;
    size_t prefix = len > sizeof("250\r\n") - 1 ? 4 : 3;

    if (len < sizeof("250\r\n") - 1)
        return false;
    *text = span_of(rest->ptr + prefix, len - prefix - 2);
    *rest = span_skip(*rest, len);
    return true;
}

void reply_relay(struct text *text, const struct reply_in *in)
{
    size_t before = text->len;
    struct span rest = in->lines;
    struct span line;

    while (reply_next_line(&rest, &line))
        add_line(text, in->code, rest.len != 0 ? '-' : ' ', span_of(NULL, 0), line);
    settle(text, before);
}
