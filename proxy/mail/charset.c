/* charset.c: text in any charset becomes UTF-8, in pieces of any size; which charset a text has is mime.c's.
 */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>

#include "mail/charset_private.h"

#define REPLACEMENT     "\xef\xbf\xbd" /* U+FFFD */
#define REPLACEMENT_LEN 3u
#define CHARACTER_MAX   4u /* octets of one in UTF-8 */
#define CONVERT_MIN     8u /* room for one, and for a replacement instead */

struct output {
    char *at, *end;
    bool split; /* the input ends inside a character */
};

static size_t room_in(const struct output *out)
{
    return (size_t)(out->end - out->at);
}

static void put(struct output *out, const char *bytes, size_t len)
{
    memcpy(out->at, bytes, len);
    out->at += len;
}

/* --- opening -------------------------------------------------------------------------------------------- */

/* A name fit for iconv_open(): no slash, which would be an option of it. */
static void *converter(struct span name)
{
    char copy[64];
    iconv_t made;

    if (name.len >= sizeof(copy))
        return NULL;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == '/')
            return NULL;
        copy[i] = name.ptr[i];
    }
    copy[name.len] = '\0';
    made = iconv_open("UTF-8", copy);
    return made != (iconv_t)-1 ? made : NULL; // NOLINT(performance-no-int-to-ptr): iconv's own value
}

void charset_open(struct charset *charset, struct span name)
{
    struct span known;

    charset->kind = (uint8_t)charset_named(name, &known);
    if (charset->kind != CHARSET_ICONV)
        return;
    charset->unit = charset_unit(known);
    charset->converter = converter(known);
    if (charset->converter != NULL)
        return;
    charset->kind = CHARSET_GUESS;
    charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_UNKNOWN);
}

void charset_close(struct charset *charset)
{
    if (charset->converter != NULL)
        (void)iconv_close(charset->converter);
    charset->converter = NULL;
}

/* --- UTF-8 and Windows-1252 ----------------------------------------------------------------------------- */

#define EIGHT(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Some octet has its eighth bit set, or is 0 (or is 1 and stands beside a 0). */
static bool beyond_ascii(const char *eight)
{
    uint64_t word;

    memcpy(&word, eight, 8);
    return ((word | (word - EIGHT(0x01))) & EIGHT(0x80)) != 0;
}

/* Octets of ASCII without NUL that s begins with. */
static size_t ascii_run(struct span s)
{
    size_t n = 0;

    while (s.len - n >= 8 && !beyond_ascii(s.ptr + n))
        n += 8;
    while (n < s.len && s.ptr[n] > 0)
        n++;
    return n;
}

/* What the first octet of a character says: its length, and the range of the second octet (RFC 3629 4). */
static unsigned character_head(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The length of the character that s begins with; 0: it may go on beyond s; -1: there is none. */
static int character(struct span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned char low, high;
    unsigned len = character_head(p[0], &low, &high);

    if (len == 0)
        return -1;
    for (unsigned i = 1; i < len && i < s.len; i++) {
        if (p[i] < low || p[i] > high)
            return -1;
        low = 0x80;
        high = 0xbf;
    }
    return s.len < len ? 0 : (int)len;
}

/* Windows-1252 beyond ASCII: what most mailers that name no charset, or ISO 8859-1, write. */
static void put_1252(struct output *out, unsigned char octet)
{
    unsigned code = charset_1252(octet);

    if (code < 0x800) {
        *out->at++ = (char)(0xc0 | code >> 6);
    } else {
        *out->at++ = (char)(0xe0 | code >> 12);
        *out->at++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out->at++ = (char)(0x80 | (code & 0x3f));
}

static void put_invalid(struct charset *charset, struct output *out, unsigned char octet)
{
    if (charset->kind != CHARSET_1252)
        charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_INVALID);
    if (charset->kind != CHARSET_UTF8)
        put_1252(out, octet);
    else
        put(out, REPLACEMENT, REPLACEMENT_LEN);
}

/* One character or what is none; 0: more input is needed. */
static size_t step(struct charset *charset, struct span in, bool last, struct output *out)
{
    int len = charset->kind == CHARSET_1252 && in.ptr[0] < 0 ? -1 : character(in);

    if (len == 0 && !last)
        return 0;
    if (len <= 0) {
        put_invalid(charset, out, (unsigned char)in.ptr[0]);
        return 1;
    }
    if (in.ptr[0] == '\0')
        charset->anomalies |= anomaly_bit(ANOMALY_NUL);
    for (int i = 0; i < len; i++)
        *out->at++ = in.ptr[i];
    return (size_t)len;
}

static size_t check(struct charset *charset, struct span in, bool last, struct output *out)
{
    size_t used = 0, n;

    while (used < in.len && room_in(out) >= CHARACTER_MAX) {
        struct span rest = span_skip(in, used);
        n = rest.ptr[0] > 0 ? ascii_run(span_first(rest, room_in(out))) : 0;
        if (n != 0)
            put(out, rest.ptr, n);
        else
            n = step(charset, rest, last, out);
        out->split = n == 0;
        if (out->split)
            break;
        used += n;
    }
    return used;
}

/* --- everything else ------------------------------------------------------------------------------------ */

static void note_nul(struct charset *charset, const char *from, const char *to)
{
    if (to != from && memchr(from, '\0', (size_t)(to - from)) != NULL)
        charset->anomalies |= anomaly_bit(ANOMALY_NUL);
}

/* Converts until the input is used up but for a character that is not whole, or there is no more room. */
static size_t convert(struct charset *charset, struct span in, bool last, struct output *out)
{
    char *from = (char *)in.ptr, *begin = out->at;
    size_t left = in.len;

    while (left != 0 && room_in(out) >= CONVERT_MIN) {
        size_t room = room_in(out) - REPLACEMENT_LEN, unit;
        int error = iconv(charset->converter, &from, &left, &out->at, &room) == (size_t)-1 ? errno : 0;
        out->split = error == EINVAL && !last;
        if (error == 0 || error == E2BIG || out->split)
            break;
        charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_INVALID);
        put(out, REPLACEMENT, REPLACEMENT_LEN);
        unit = left < charset->unit ? left : charset->unit;
        from += unit;
        left -= unit;
    }
    note_nul(charset, begin, out->at);
    return in.len - left;
}

/* Some converters keep a letter until they know that no mark follows that would go with it. */
static void flush(struct charset *charset, struct output *out)
{
    size_t room = room_in(out);

    if (charset->converter != NULL)
        (void)iconv(charset->converter, NULL, NULL, &out->at, &room);
}

/* --- pieces --------------------------------------------------------------------------------------------- */

static size_t read_whole(struct charset *charset, struct span in, bool last, struct output *out)
{
    return charset->kind == CHARSET_ICONV ? convert(charset, in, last, out) : check(charset, in, last, out);
}

/* A character that came in pieces is put together first, one octet at a time. */
static size_t complete(struct charset *charset, struct span in, struct output *out)
{
    size_t used = 0;

    while (charset->held != 0 && used < in.len && room_in(out) >= sizeof(charset->kept)) {
        size_t n;
        charset->kept[charset->held++] = in.ptr[used++];
        n = read_whole(charset, span_of(charset->kept, charset->held), charset->held == sizeof(charset->kept),
                       out);
        memmove(charset->kept, charset->kept + n, charset->held - n);
        charset->held = (uint8_t)(charset->held - n);
    }
    return used;
}

size_t charset_feed(struct charset *charset, struct span in, char *out, size_t room, size_t *made)
{
    struct output output = {.at = out, .end = out + room};
    size_t used = complete(charset, in, &output);

    if (charset->held == 0) {
        struct span rest = span_skip(in, used);
        size_t n = read_whole(charset, rest, false, &output);
        used += n;
        rest = span_skip(rest, n);
        if (output.split && rest.len < sizeof(charset->kept)) {
            memcpy(charset->kept, rest.ptr, rest.len);
            charset->held = (uint8_t)rest.len;
            used += rest.len;
        }
    }
    *made = (size_t)(output.at - out);
    return used;
}

size_t charset_finish(struct charset *charset, char out[CHARSET_FINISH_MAX])
{
    struct output output = {.at = out, .end = out + CHARSET_FINISH_MAX};

    (void)read_whole(charset, span_of(charset->kept, charset->held), true, &output);
    charset->held = 0;
    flush(charset, &output);
    return (size_t)(output.at - out);
}
