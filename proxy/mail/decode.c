/* decode.c: which Content-Transfer-Encoding a field names, and the way to its decoder (decode_base64.c,
 * decode_quoted.c, decode_uuencode.c). */
#include "mail/cfws.h"
#include "mail/decode_private.h"

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

/* What is left of s behind white space and comments; one without an end is a word that nobody knows. */
static struct span skip_cfws(struct span s)
{
    size_t n;

    do {
        n = cfws_spaces(s);
        n += cfws_comment(span_skip(s, n));
        s = span_skip(s, n);
    } while (n != 0);
    return s;
}

static bool ends_word(char c)
{
    return cfws_is_space(c) || c == ';' || c == '(' || c == '"';
}

/* encoding := "Content-Transfer-Encoding" ":" mechanism */
enum decode_encoding decode_encoding(struct span value)
{
    struct span word = skip_cfws(value.ptr != NULL ? value : SPAN("")), behind;
    size_t len = 0, mark;

    if (word.len == 0)
        return DECODE_IDENTITY;
    mark = word.ptr[0] == '"' ? 1 : 0;
    word = span_skip(word, mark);
    while (len < word.len && !ends_word(word.ptr[len]))
        len++;
    behind = skip_cfws(span_skip(word, len + (len < word.len ? mark : 0)));
    if (behind.len != 0 && behind.ptr[0] != ';')
        return DECODE_UNKNOWN;
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        if (span_eq_nocase(span_first(word, len), span_str(encodings[i].name)))
            return encodings[i].encoding;
    return DECODE_UNKNOWN;
}

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
        used = base64_feed(decode, in, &output);
        break;
    case DECODE_QUOTED_PRINTABLE:
        used = quoted_feed(decode, in, &output);
        break;
    case DECODE_UUENCODE:
        used = uuencode_feed(decode, in, &output);
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

    if (decode->encoding == DECODE_BASE64)
        base64_finish(decode, &output);
    else if (decode->encoding == DECODE_QUOTED_PRINTABLE)
        quoted_finish(decode, &output);
    else if (decode->encoding == DECODE_UUENCODE)
        uuencode_finish(decode, &output);
    return (size_t)(output.at - out);
}
