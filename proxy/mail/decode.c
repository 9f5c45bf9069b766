/* decode.c: undoes Content-Transfer-Encoding, in pieces of any size; characters are charset.c's. */
#include "mail/decode.h"

#include <string.h>

/* --- which encoding ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum decode_encoding encoding;
} encodings[] = {
    {"7bit", DECODE_IDENTITY},
    {"8bit", DECODE_IDENTITY},
    {"binary", DECODE_IDENTITY},
    {"base64", DECODE_BASE64},
    {"quoted-printable", DECODE_QUOTED_PRINTABLE},
    {"uuencode", DECODE_UUENCODE},
    {"x-uuencode", DECODE_UUENCODE},
    {"x-uue", DECODE_UUENCODE},
    {"uue", DECODE_UUENCODE},
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* CFWS (RFC 5322 3.2.2): white space and comments, which may be nested. */
static struct span skip_comments(struct span s)
{
    unsigned depth = 0;

    for (; s.len != 0; s = span_skip(s, 1)) {
        if (depth != 0 && s.ptr[0] == '\\' && s.len > 1)
            s = span_skip(s, 1);
        else if (s.ptr[0] == '(')
            depth++;
        else if (depth != 0 && s.ptr[0] == ')')
            depth--;
        else if (depth == 0 && !is_space(s.ptr[0]))
            break;
    }
    return s;
}

enum decode_encoding decode_encoding(struct span value)
{
    struct span word = skip_comments(value);
    size_t len = 0;

    if (word.len == 0)
        return DECODE_IDENTITY;
    if (word.ptr[0] == '"')
        word = span_skip(word, 1);
    while (len < word.len && !is_space(word.ptr[len]) && word.ptr[len] != ';' && word.ptr[len] != '(' &&
           word.ptr[len] != '"')
        len++;
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        if (span_eq_nocase(span_first(word, len), span_str(encodings[i].name)))
            return encodings[i].encoding;
    return DECODE_UNKNOWN;
}

/* Where output goes; full when the next step might not fit. */
struct output {
    char *at, *end;
};

static bool room_for(const struct output *out, size_t octets)
{
    return (size_t)(out->end - out->at) >= octets;
}

static void put(struct output *out, unsigned octet)
{
    *out->at++ = (char)octet;
}

/* --- base64 (RFC 2045 6.8) ------------------------------------------------------------------------------ */

#define NO_DIGIT 64 /* and above: not one of the 64 */
#define SPACE    65
#define PADDING  66

/* Both alphabets: "+/" and, of RFC 4648 5, "-_". */
static const uint8_t digits[256] = {
    ['A'] = 0,  ['B'] = 1,  ['C'] = 2,  ['D'] = 3,  ['E'] = 4,  ['F'] = 5,  ['G'] = 6,  ['H'] = 7,
    ['I'] = 8,  ['J'] = 9,  ['K'] = 10, ['L'] = 11, ['M'] = 12, ['N'] = 13, ['O'] = 14, ['P'] = 15,
    ['Q'] = 16, ['R'] = 17, ['S'] = 18, ['T'] = 19, ['U'] = 20, ['V'] = 21, ['W'] = 22, ['X'] = 23,
    ['Y'] = 24, ['Z'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
    ['g'] = 32, ['h'] = 33, ['i'] = 34, ['j'] = 35, ['k'] = 36, ['l'] = 37, ['m'] = 38, ['n'] = 39,
    ['o'] = 40, ['p'] = 41, ['q'] = 42, ['r'] = 43, ['s'] = 44, ['t'] = 45, ['u'] = 46, ['v'] = 47,
    ['w'] = 48, ['x'] = 49, ['y'] = 50, ['z'] = 51, ['0'] = 52, ['1'] = 53, ['2'] = 54, ['3'] = 55,
    ['4'] = 56, ['5'] = 57, ['6'] = 58, ['7'] = 59, ['8'] = 60, ['9'] = 61, ['+'] = 62, ['/'] = 63,
    ['-'] = 62, ['_'] = 63,
};

/* The table above leaves every other octet 0, which is A's value. */
static unsigned digit_of(unsigned char c)
{
    if (digits[c] != 0 || c == 'A')
        return digits[c];
    if (is_space((char)c))
        return SPACE;
    return c == '=' ? PADDING : NO_DIGIT;
}

/* Whole groups of four digits that lie together, which is nearly all of a body. */
static size_t groups(struct decode *decode, struct span in, struct output *out)
{
    const unsigned char *p = (const unsigned char *)in.ptr, *end = p + in.len;

    while (decode->held == 0 && end - p >= 4 && room_for(out, 3)) {
        unsigned a = digit_of(p[0]), b = digit_of(p[1]), c = digit_of(p[2]), d = digit_of(p[3]);
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        if ((a | b | c | d) >= NO_DIGIT)
            break;
        put(out, bits >> 16);
        put(out, bits >> 8);
        put(out, bits);
        p += 4;
    }
    return (size_t)(p - (const unsigned char *)in.ptr);
}

/* What the digits held come to: two make one octet, three make two; one alone makes none. */
static void flush_digits(struct decode *decode, struct output *out)
{
    if (decode->held == 1)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    if (decode->held >= 2)
        put(out, decode->held == 2 ? decode->bits >> 4 : decode->bits >> 10);
    if (decode->held == 3)
        put(out, decode->bits >> 2);
    decode->held = 0;
    decode->bits = 0;
}

enum { BASE64_PLAIN, BASE64_PADDED }; /* padding has been seen: what follows is a body of its own */

static void one_digit(struct decode *decode, unsigned char c, struct output *out)
{
    unsigned digit = digit_of(c);

    if (digit == SPACE)
        return;
    if (digit == PADDING) {
        if (decode->held == 0 && decode->state == BASE64_PLAIN)
            decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
        flush_digits(decode, out);
        decode->state = BASE64_PADDED;
        return;
    }
    if (digit == NO_DIGIT || decode->state == BASE64_PADDED)
        decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
    if (digit == NO_DIGIT)
        return;
    decode->state = BASE64_PLAIN;
    decode->bits = decode->bits << 6 | digit;
    if (++decode->held < 4)
        return;
    put(out, decode->bits >> 16);
    put(out, decode->bits >> 8);
    put(out, decode->bits);
    decode->held = 0;
    decode->bits = 0;
}

static size_t base64(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && room_for(out, 3)) {
        if (decode->held == 0 && decode->state == BASE64_PLAIN)
            used += groups(decode, span_skip(in, used), out);
        if (used < in.len && room_for(out, 3))
            one_digit(decode, (unsigned char)in.ptr[used++], out);
    }
    return used;
}

/* --- quoted-printable (RFC 2045 6.7) -------------------------------------------------------------------- */

enum { QP_TEXT, QP_ESCAPE, QP_HEX, QP_SOFT };

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "=" and what had come behind it were no escape: they stand for themselves. */
static void bad_escape(struct decode *decode, struct output *out)
{
    decode->anomalies |= anomaly_bit(ANOMALY_QUOTED_PRINTABLE);
    put(out, '=');
    for (unsigned i = 0; i < decode->held; i++)
        put(out, decode->line[i]);
    decode->held = 0;
    decode->state = QP_TEXT;
}

/* White space that a mailer added behind "=" belongs to the soft line break. Returns whether c is used up. */
static bool soft_break(struct decode *decode, char c, struct output *out)
{
    if (c == '\n') {
        decode->state = QP_TEXT;
        return true;
    }
    if (c == ' ' || c == '\t' || c == '\r')
        return true;
    decode->state = QP_TEXT;
    decode->anomalies |= anomaly_bit(ANOMALY_QUOTED_PRINTABLE);
    (void)out;
    return false;
}

static bool escape(struct decode *decode, char c, struct output *out)
{
    if (decode->state == QP_SOFT)
        return soft_break(decode, c, out);
    if (decode->state == QP_ESCAPE && is_space(c)) {
        decode->state = c == '\n' ? QP_TEXT : QP_SOFT;
        return true;
    }
    if (hex_of(c) < 0) {
        bad_escape(decode, out);
        return false;
    }
    if (decode->state == QP_ESCAPE) {
        decode->line[0] = (uint8_t)c;
        decode->held = 1;
        decode->state = QP_HEX;
        return true;
    }
    put(out, (unsigned)(hex_of((char)decode->line[0]) << 4 | hex_of(c)));
    decode->held = 0;
    decode->state = QP_TEXT;
    return true;
}

static size_t quoted_printable(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && room_for(out, 3)) {
        if (decode->state != QP_TEXT) {
            used += escape(decode, in.ptr[used], out) ? 1 : 0;
            continue;
        }
        struct span rest = span_first(span_skip(in, used), (size_t)(out->end - out->at));
        const char *equals = memchr(rest.ptr, '=', rest.len);
        size_t run = equals != NULL ? (size_t)(equals - rest.ptr) : rest.len;
        memcpy(out->at, rest.ptr, run);
        out->at += run;
        used += run;
        if (equals != NULL) {
            decode->state = QP_ESCAPE;
            used++;
        }
    }
    return used;
}

/* --- uuencode (POSIX.1, uuencode) ----------------------------------------------------------------------- */

enum { UU_LINE_START, UU_KEYWORD, UU_OUTSIDE, UU_HEADER, UU_LENGTH, UU_DATA, UU_REST, UU_END };

static const char begin_word[] = "begin ";

/* At the start of a line outside a file: is it a "begin " line? What turns out not to be one passes. */
static void match_begin(struct decode *decode, char c, struct output *out)
{
    if (c == begin_word[decode->held]) {
        decode->state = ++decode->held == sizeof(begin_word) - 1 ? UU_HEADER : UU_KEYWORD;
        return;
    }
    for (unsigned i = 0; i < decode->held; i++)
        put(out, (unsigned char)begin_word[i]);
    put(out, (unsigned char)c);
    decode->held = 0;
    decode->state = c == '\n' ? UU_LINE_START : UU_OUTSIDE;
}

/* The first character of a line of a file: how many octets it has. */
static void line_length(struct decode *decode, char c)
{
    decode->held = 0;
    decode->bits = 0;
    if (c == '\r' || c == '\n')
        return;
    if (c == 'e') { /* "end"; as a length it would be beyond what a line may have */
        decode->state = UU_END;
        return;
    }
    if (c < ' ' || c > '`')
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
    decode->line[0] = (uint8_t)((c - ' ') & 63);
    decode->state = decode->line[0] == 0 ? UU_REST : UU_DATA;
}

static void data_character(struct decode *decode, char c, struct output *out)
{
    if (c == '\r')
        return;
    if (c == '\n') { /* shorter than it said */
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
        decode->state = UU_LENGTH;
        return;
    }
    decode->bits = decode->bits << 6 | (uint32_t)((c - ' ') & 63);
    if (++decode->held < 4)
        return;
    for (int shift = 16; shift >= 0 && decode->line[0] != 0; shift -= 8, decode->line[0]--)
        put(out, decode->bits >> shift);
    decode->held = 0;
    decode->bits = 0;
    if (decode->line[0] == 0)
        decode->state = UU_REST;
}

static void uu_character(struct decode *decode, char c, struct output *out)
{
    switch (decode->state) {
    case UU_LINE_START:
    case UU_KEYWORD:
        match_begin(decode, c, out);
        break;
    case UU_OUTSIDE:
        put(out, (unsigned char)c);
        decode->state = c == '\n' ? UU_LINE_START : UU_OUTSIDE;
        break;
    case UU_HEADER: /* mode and name */
        decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
        decode->held = 0;
        decode->state = c == '\n' ? UU_LENGTH : UU_HEADER;
        break;
    case UU_LENGTH:
        line_length(decode, c);
        break;
    case UU_DATA:
        data_character(decode, c, out);
        break;
    case UU_REST:
        decode->state = c == '\n' ? UU_LENGTH : UU_REST;
        break;
    default: /* the rest of "end" */
        decode->state = c == '\n' ? UU_LINE_START : UU_END;
        break;
    }
}

static size_t uuencode(struct decode *decode, struct span in, struct output *out)
{
    size_t used = 0;

    while (used < in.len && room_for(out, sizeof(begin_word)))
        uu_character(decode, in.ptr[used++], out);
    return used;
}

/* --- any ------------------------------------------------------------------------------------------------ */

static size_t identity(struct span in, struct output *out)
{
    struct span taken = span_first(in, (size_t)(out->end - out->at));

    if (taken.len != 0)
        memcpy(out->at, taken.ptr, taken.len);
    out->at += taken.len;
    return taken.len;
}

size_t decode_feed(struct decode *decode, struct span in, char *out, size_t room, size_t *made)
{
    struct output output = {out, out + room};
    size_t used;

    switch (decode->encoding) {
    case DECODE_BASE64:
        used = base64(decode, in, &output);
        break;
    case DECODE_QUOTED_PRINTABLE:
        used = quoted_printable(decode, in, &output);
        break;
    case DECODE_UUENCODE:
        used = uuencode(decode, in, &output);
        break;
    default:
        used = identity(in, &output);
        break;
    }
    *made = (size_t)(output.at - out);
    return used;
}

size_t decode_finish(struct decode *decode, char out[DECODE_FINISH_MAX])
{
    struct output output = {out, out + DECODE_FINISH_MAX};

    if (decode->encoding == DECODE_BASE64) {
        if (decode->held != 0)
            decode->anomalies |= anomaly_bit(ANOMALY_BASE64);
        flush_digits(decode, &output);
    } else if (decode->encoding == DECODE_QUOTED_PRINTABLE && decode->state == QP_HEX) {
        bad_escape(decode, &output);
    } else if (decode->encoding == DECODE_UUENCODE) {
        for (unsigned i = 0; decode->state == UU_KEYWORD && i < decode->held; i++)
            put(&output, (unsigned char)begin_word[i]);
        if (decode->state >= UU_HEADER && decode->state != UU_END)
            decode->anomalies |= anomaly_bit(ANOMALY_UUENCODE);
    }
    return (size_t)(output.at - out);
}
