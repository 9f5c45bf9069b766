/* charset.c: text in any charset becomes UTF-8, in pieces of any size; which charset a text has is mime.c's.
 */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* How a text is read. */
enum { KIND_UTF8, KIND_GUESS, KIND_CONVERTED };

#define REPLACEMENT     "\xef\xbf\xbd" /* U+FFFD */
#define REPLACEMENT_LEN 3u
#define CHARACTER_MAX   4u

/* Names under which ASCII and UTF-8 go; ASCII with the eighth bit set is taken for what it shows itself to
 * be. */
static const struct {
    const char *name;
    uint8_t kind;
} plain[] = {
    {"utf-8", KIND_UTF8},           {"utf8", KIND_UTF8},
    {"us-ascii", KIND_GUESS},       {"ascii", KIND_GUESS},
    {"ansi_x3.4-1968", KIND_GUESS}, {"unknown-8bit", KIND_GUESS},
    {"x-unknown", KIND_GUESS},
};

struct output {
    char *at, *end;
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
    charset->kind = KIND_GUESS;
    if (name.len == 0)
        return;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (span_eq_nocase(name, span_str(plain[i].name))) {
            charset->kind = plain[i].kind;
            return;
        }
    }
    charset->converter = converter(name);
    if (charset->converter != NULL)
        charset->kind = KIND_CONVERTED;
    else
        charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_UNKNOWN);
}

void charset_close(struct charset *charset)
{
    if (charset->converter != NULL)
        (void)iconv_close(charset->converter);
    charset->converter = NULL;
}

/* --- UTF-8 ---------------------------------------------------------------------------------------------- */

/* Octets of ASCII without NUL that s begins with; eight at a time. */
static size_t ascii_run(struct span s)
{
    size_t n = 0;

    while (s.len - n >= 8) {
        uint64_t word;
        memcpy(&word, s.ptr + n, 8);
        /* Some octet has its eighth bit set, or is 0. */
        if (((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) != 0)
            break;
        n += 8;
    }
    while (n < s.len && s.ptr[n] > 0)
        n++;
    return n;
}

/* The length of the character that s begins with (RFC 3629 4); 0: it may go on beyond s; -1: there is none.
 */
static int character(struct span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned len = p[0] < 0x80   ? 1
                   : p[0] < 0xc2 ? 0
                   : p[0] < 0xe0 ? 2
                   : p[0] < 0xf0 ? 3
                   : p[0] < 0xf5 ? 4
                                 : 0;

    if (len == 0)
        return -1;
    for (unsigned i = 1; i < len && i < s.len; i++) {
        unsigned low = 0x80, high = 0xbf;
        if (i == 1)
            low = p[0] == 0xe0   ? 0xa0
                  : p[0] == 0xf0 ? 0x90
                                 : low,
            high = p[0] == 0xed   ? 0x9f
                   : p[0] == 0xf4 ? 0x8f
                                  : high;
        if (p[i] < low || p[i] > high)
            return -1;
    }
    return s.len < len ? 0 : (int)len;
}

/* Windows-1252 beyond ASCII: what most mailers that name no charset, or a wrong one, write. */
static void put_1252(struct output *out, unsigned char octet)
{
    static const uint16_t upper[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                       0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                       0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                       0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    unsigned code = octet < 0xa0 ? upper[octet - 0x80] : octet;
    char bytes[3];

    if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        put(out, bytes, 2);
    } else {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        put(out, bytes, 3);
    }
}

static void put_invalid(struct charset *charset, struct output *out, unsigned char octet)
{
    charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_INVALID);
    if (charset->kind == KIND_GUESS)
        put_1252(out, octet);
    else
        put(out, REPLACEMENT, REPLACEMENT_LEN);
}

/* One character or what is none; 0: more input is needed. */
static size_t step_utf8(struct charset *charset, struct span in, bool last, struct output *out)
{
    int len = character(in);

    if (len == 0 && !last)
        return 0;
    if (len <= 0) {
        put_invalid(charset, out, (unsigned char)in.ptr[0]);
        return 1;
    }
    if (in.ptr[0] == '\0')
        charset->anomalies |= anomaly_bit(ANOMALY_NUL);
    put(out, in.ptr, (size_t)len);
    return (size_t)len;
}

static size_t utf8(struct charset *charset, struct span in, bool last, struct output *out)
{
    size_t used = 0, n;

    while (used < in.len && room_in(out) >= CHARACTER_MAX) {
        struct span rest = span_skip(in, used);
        n = ascii_run(span_first(rest, room_in(out)));
        if (n != 0)
            put(out, rest.ptr, n);
        else
            n = step_utf8(charset, rest, last, out);
        if (n == 0)
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

    while (left != 0 && room_in(out) >= 2 * CHARACTER_MAX) {
        size_t room = room_in(out) - REPLACEMENT_LEN;
        int error = iconv(charset->converter, &from, &left, &out->at, &room) == (size_t)-1 ? errno : 0;
        if (error == 0 || error == E2BIG || (error == EINVAL && !last))
            break;
        charset->anomalies |= anomaly_bit(ANOMALY_CHARSET_INVALID);
        put(out, REPLACEMENT, REPLACEMENT_LEN);
        from++;
        left--;
    }
    note_nul(charset, begin, out->at);
    return in.len - left;
}

static size_t read_whole(struct charset *charset, struct span in, bool last, struct output *out)
{
    return charset->kind == KIND_CONVERTED ? convert(charset, in, last, out) : utf8(charset, in, last, out);
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
    struct output output = {out, out + room};
    size_t used = complete(charset, in, &output);

    if (charset->held == 0) {
        struct span rest = span_skip(in, used);
        size_t n = read_whole(charset, rest, false, &output);
        used += n;
        rest = span_skip(rest, n);
        /* There was room, so it is the character that is not whole. */
        if (rest.len != 0 && rest.len < sizeof(charset->kept) && room_in(&output) >= 2 * CHARACTER_MAX) {
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
    struct output output = {out, out + CHARSET_FINISH_MAX};

    (void)read_whole(charset, span_of(charset->kept, charset->held), true, &output);
    charset->held = 0;
    return (size_t)(output.at - out);
}
