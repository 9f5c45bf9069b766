/* encoded_word.c: the text of a field's value for people (RFC 2047); which fields are text is left to others.
 */
#include "mail/encoded_word.h"

#include "mail/cfws.h"
#include "mail/charset.h"
#include "mail/decode_private.h"

#define BLOCK 512

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" (RFC 2047 2, RFC 2231 5) */
struct word {
    struct span charset, text;
    char encoding; /* 'b' or 'q' */
    size_t len;    /* of all of it */
};

struct reader {
    struct text *to;
    struct charset charset; /* of the encoded words, or the other text, under way */
    struct span name;       /* of that charset; absent: no encoded word is under way */
    struct span gap;        /* white space that has not been put yet */
    uint64_t anomalies;
    bool begun; /* something that is no white space has been read */
};

/* --- the grammar ---------------------------------------------------------------------------------------- */

/* charset = token, language = token: what ends one is left standing. */
static size_t token(struct span s)
{
    size_t n = 0;

    while (n < s.len && s.ptr[n] > ' ' && s.ptr[n] < 0x7f && strchr("()<>@,;:\\\"/[]?=", s.ptr[n]) == NULL)
        n++;
    return n;
}

/* encoded-text may hold white space, folds and "?" here: mailers leave them so. Where another word begins
 * first, this one has no end: no octet is looked at more often than twice. Its length; s.len: no end. */
static size_t encoded_text(struct span s)
{
    for (size_t at = 0; at < s.len;) {
        const char *mark = memchr(s.ptr + at, '?', s.len - at);
        if (mark == NULL)
            break;
        at = (size_t)(mark - s.ptr);
        if (at + 1 < s.len && mark[1] == '=')
            return at;
        if (at != 0 && mark[-1] == '=')
            break;
        at++;
    }
    return s.len;
}

/* Does s, which begins with "=?", begin with an encoded word? */
static bool read_word(struct span s, struct word *word)
{
    struct span rest = span_skip(s, 2);
    size_t n = token(rest);
    const char *star;

    word->charset = span_first(rest, n);
    rest = span_skip(rest, n);
    if (n == 0 || rest.len < 3 || rest.ptr[0] != '?' || rest.ptr[2] != '?')
        return false;
    star = memchr(word->charset.ptr, '*', n);
    if (star != NULL)
        word->charset.len = (size_t)(star - word->charset.ptr);
    word->encoding = span_lower_byte(rest.ptr[1]);
    rest = span_skip(rest, 3);
    n = encoded_text(rest);
    word->text = span_first(rest, n);
    word->len = (size_t)(rest.ptr - s.ptr) + n + 2;
    return n != rest.len && (word->encoding == 'b' || word->encoding == 'q');
}

/* --- octets into characters ----------------------------------------------------------------------------- */

static void end_text(struct reader *reader)
{
    charset_end(&reader->charset, reader->to);
    charset_close(&reader->charset);
    if (reader->name.ptr != NULL)
        reader->anomalies |= reader->charset.anomalies;
    else if (reader->charset.anomalies & anomaly_bit(ANOMALY_CHARSET_INVALID))
        reader->anomalies |= anomaly_bit(ANOMALY_HEADER_OCTETS);
    reader->charset = (struct charset){0};
    reader->name = span_of(NULL, 0);
}

/* White space between two encoded words is no text (RFC 2047 6.2). */
static void put_gap(struct reader *reader)
{
    bool fold = memchr(reader->gap.ptr, '\n', reader->gap.len) != NULL ||
                memchr(reader->gap.ptr, '\r', reader->gap.len) != NULL;

    if (reader->begun)
        charset_add(&reader->charset, fold ? SPAN(" ") : reader->gap, reader->to);
}

/* "B" encoding (RFC 2047 4.1) */
static void put_b(struct reader *reader, struct span s)
{
    struct decode decode = {.encoding = DECODE_BASE64};
    char block[BLOCK];
    size_t made;

    while (s.len != 0) {
        s = span_skip(s, decode_feed(&decode, s, block, sizeof(block), &made));
        charset_add(&reader->charset, span_of(block, made), reader->to);
    }
    made = decode_finish(&decode, block);
    charset_add(&reader->charset, span_of(block, made), reader->to);
    if (decode.anomalies != 0)
        reader->anomalies |= anomaly_bit(ANOMALY_ENCODED_WORD);
}

/* One octet off the head of "Q" encoded text: "_" is a space (RFC 2047 4.2). A fold inside is none; false. */
static bool q_octet(struct reader *reader, struct span *s, char *octet)
{
    int high = s->len > 2 ? hex_of(s->ptr[1]) : -1, low = s->len > 2 ? hex_of(s->ptr[2]) : -1;
    bool escape = s->ptr[0] == '=' && high >= 0 && low >= 0;

    if (s->ptr[0] == '\r' || s->ptr[0] == '\n') {
        *s = span_skip(*s, cfws_spaces(*s));
        return false;
    }
    if (s->ptr[0] == '=' && !escape)
        reader->anomalies |= anomaly_bit(ANOMALY_ENCODED_WORD);
    *octet = (char)(escape ? high << 4 | low : s->ptr[0] == '_' ? ' ' : s->ptr[0]);
    *s = span_skip(*s, escape ? 3 : 1);
    return true;
}

static void put_q(struct reader *reader, struct span s)
{
    char block[BLOCK];

    while (s.len != 0) {
        size_t made = 0;
        while (s.len != 0 && made < sizeof(block))
            made += q_octet(reader, &s, &block[made]) ? 1 : 0;
        charset_add(&reader->charset, span_of(block, made), reader->to);
    }
}

/* Words of one charset that follow one another are one text: a character may be split between them. */
static void put_word(struct reader *reader, const struct word *word)
{
    if (reader->name.ptr == NULL || !span_eq_nocase(reader->name, word->charset)) {
        bool behind_word = reader->name.ptr != NULL;
        end_text(reader);
        if (!behind_word)
            put_gap(reader);
        reader->name = word->charset;
        charset_open(&reader->charset, word->charset);
    }
    for (size_t i = 0; i < word->text.len; i++)
        if (cfws_is_space(word->text.ptr[i]))
            reader->anomalies |= anomaly_bit(ANOMALY_ENCODED_WORD);
    if (word->encoding == 'b')
        put_b(reader, word->text);
    else
        put_q(reader, word->text);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

/* Text up to white space or what may be an encoded word. */
static size_t plain(struct span s)
{
    size_t n = 1;

    while (n < s.len && !cfws_is_space(s.ptr[n]) &&
           !(s.ptr[n] == '=' && n + 1 < s.len && s.ptr[n + 1] == '?'))
        n++;
    return n;
}

static void put_plain(struct reader *reader, struct span s)
{
    if (reader->name.ptr != NULL)
        end_text(reader);
    put_gap(reader);
    charset_add(&reader->charset, s, reader->to);
}

uint64_t encoded_word_text(struct span value, struct text *to)
{
    struct reader reader = {.to = to};
    struct word word;

    for (struct span rest = cfws_trim(value.ptr != NULL ? value : SPAN("")); rest.len != 0;) {
        size_t n = cfws_spaces(rest);
        bool mark;
        reader.gap = span_first(rest, n);
        rest = span_skip(rest, n);
        mark = rest.len > 1 && rest.ptr[0] == '=' && rest.ptr[1] == '?';
        if (mark && read_word(rest, &word)) {
            put_word(&reader, &word);
            n = word.len;
        } else {
            if (mark)
                reader.anomalies |= anomaly_bit(ANOMALY_ENCODED_WORD);
            n = plain(rest);
            put_plain(&reader, span_first(rest, n));
        }
        reader.begun = true;
        rest = span_skip(rest, n);
    }
    end_text(&reader);
    return reader.anomalies;
}
