/* Fuzzes mail/charset.c: text and anomalies do not depend on the pieces or the room; what is told is UTF-8,
 * and text that is UTF-8 comes out as it went in. */
#include "mail/charset.h"

#include <stdlib.h>

#include "pieces.h"

static const char *const names[] = {
    "",          "utf-8",       "iso-8859-1",   "windows-1252", "iso-8859-2", "koi8-r",
    "utf-16",    "utf-16le",    "utf-16be",     "utf-32",       "utf-7",      "iso-2022-jp",
    "shift_jis", "euc-jp",      "gb2312",       "gb18030",      "big5",       "big5-hkscs",
    "euc-kr",    "iso-2022-kr", "windows-1255", "windows-1258", "tcvn",       "viscii",
    "nonsense"};

static const char *name;
static size_t room;
static uint64_t anomalies;

static size_t feed_some(void *state, struct span in, char *out, size_t size, size_t *made)
{
    return charset_feed(state, in, out, size, made);
}

static size_t finish(void *state, char *out)
{
    return charset_finish(state, out);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct charset charset = {0};

    charset_open(&charset, span_str(name));
    fuzz_pieces(&(struct fuzz_pieces){&charset, feed_some, finish, room}, in, cut, told);
    anomalies = charset.anomalies;
    charset_close(&charset);
}

/* UTF-8 (RFC 3629 4) by the value of each character. */
static bool is_utf8(struct span s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;

    for (size_t i = 0, n; i < s.len; i += n) {
        static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
        unsigned code = p[i];
        n = code < 0x80 ? 1 : code >> 5 == 6 ? 2 : code >> 4 == 14 ? 3 : code >> 3 == 30 ? 4 : 0;
        if (n == 0 || s.len - i < n)
            return false;
        code &= n == 1 ? 0x7f : 0xffu >> (n + 1);
        for (size_t k = 1; k < n; k++) {
            if (p[i + k] >> 6 != 2)
                return false;
            code = code << 6 | (p[i + k] & 0x3f);
        }
        if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return true;
}

void fuzz_one(struct span in)
{
    static const size_t rooms[] = {16, 17, 19, 64, 4096};
    static char octets[1 << 20];
    struct text at_once = TEXT(octets);
    size_t at;
    struct span told;
    bool invalid;

    name = names[fuzz_choice(&in, sizeof(names) / sizeof(names[0]))];
    room = rooms[fuzz_choice(&in, 5)];
    at = fuzz_position(&in);
    told = fuzz_every_way(in, at, feed);
    invalid = (anomalies & anomaly_bit(ANOMALY_CHARSET_INVALID)) != 0;
    DEMAND(is_utf8(told));
    if (strcmp(name, "utf-8") == 0)
        DEMAND(is_utf8(in) == !invalid);
    if (strcmp(name, "utf-8") == 0 || (name[0] == '\0' && is_utf8(in)))
        DEMAND(invalid || span_eq(told, in));
    DEMAND(charset_convert(span_str(name), in, &at_once) == anomalies && span_eq(text_span(&at_once), told));
    at_once.len = 0;
    (void)charset_convert(in, in, &at_once); /* any name */
}
