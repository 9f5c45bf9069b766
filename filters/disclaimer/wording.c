/* wording.c: lines of proxy.yaml become lines of a message; characters become those of a charset. */
#include "filters/disclaimer/wording.h"

#include <iconv.h>
#include <stdio.h>

struct out {
    char *ptr;
    size_t len;
};

static void add(struct out *out, struct span s)
{
    memcpy(out->ptr + out->len, s.ptr, s.len);
    out->len += s.len;
}

/* Text without the line ends behind it; CRLF and LF are alike. */
static struct span trimmed(const char *text)
{
    struct span s = span_str(text);

    while (s.len != 0 && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

struct span wording_plain(struct filter_setup *setup, const char *text)
{
    struct span s = trimmed(text);
    struct out out = {filter_setup_alloc(setup, 2 * s.len + 1), 0};

    if (out.ptr == NULL)
        return span_of(NULL, 0);
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\n')
            add(&out, SPAN("\r\n"));
        else if (s.ptr[i] != '\r')
            add(&out, span_of(s.ptr + i, 1));
    }
    return span_of(out.ptr, out.len);
}

/* A character of UTF-8, which the loader has checked (RFC 3629 3); *len: its octets. */
static unsigned long character(const char *at, size_t *len)
{
    const unsigned char *s = (const unsigned char *)at;
    unsigned long c = s[0];

    *len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (*len > 1)
        c &= 0x7fu >> *len;
    for (size_t i = 1; i < *len; i++)
        c = c << 6 | (s[i] & 0x3fu);
    return c;
}

static struct span escape(char c)
{
    switch (c) {
    case '&':
        return SPAN("&amp;");
    case '<':
        return SPAN("&lt;");
    case '>':
        return SPAN("&gt;");
    case '\n':
        return SPAN("<br>\r\n");
    default:
        return span_of(NULL, 0);
    }
}

#define REFERENCE_MOST 10 /* octets of "&#1114111;" */

struct span wording_html(struct filter_setup *setup, const char *text, bool escaped)
{
    struct span s = trimmed(text), as;
    struct out out = {filter_setup_alloc(setup, REFERENCE_MOST * s.len + sizeof("<p></p>")), 0};
    size_t len;

    if (out.ptr == NULL)
        return span_of(NULL, 0);
    add(&out, escaped ? SPAN("<p>") : SPAN(""));
    for (size_t i = 0; i < s.len; i += len) {
        unsigned long c = character(s.ptr + i, &len);
        char reference[REFERENCE_MOST + 1];
        if (len > 1)
            add(&out, span_of(reference, (size_t)snprintf(reference, sizeof(reference), "&#%lu;", c)));
        else if (escaped && (as = escape(s.ptr[i])).len != 0)
            add(&out, as);
        else if (s.ptr[i] == '\n')
            add(&out, SPAN("\r\n"));
        else if (s.ptr[i] != '\r')
            add(&out, span_of(s.ptr + i, 1));
    }
    add(&out, escaped ? SPAN("</p>") : SPAN(""));
    return span_of(out.ptr, out.len);
}

bool wording_fits(struct span wording)
{
    size_t line = 0;

    for (size_t i = 0; i < wording.len; i++) {
        line = wording.ptr[i] == '\n' ? 0 : line + (wording.ptr[i] != '\r');
        if (line > WORDING_LINE)
            return false;
    }
    return true;
}

bool wording_ascii(struct span wording)
{
    for (size_t i = 0; i < wording.len; i++)
        if ((unsigned char)wording.ptr[i] >= 0x80)
            return false;
    return true;
}

/* How their names begin. Those that switch between sets of characters, as ISO-2022 does, are not among them:
 * what ASCII stands for in them depends on what went before. */
static const char *const plain[] = {"us-ascii", "ascii",    "utf-8", "utf8", "iso-8859-", "iso8859-",
                                    "latin",    "windows-", "cp125", "koi8", "iso_8859-", "gb2312",
                                    "gbk",      "gb18030",  "big5",  "euc-", "tis-620"};

bool wording_charset_plain(struct span charset)
{
    if (charset.len == 0)
        return true; /* US-ASCII: RFC 2045 5.2 */
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (span_starts_nocase(charset, span_str(plain[i])))
            return true;
    return false;
}

static struct span convert(struct filter_ctx *ctx, iconv_t conversion, struct span wording)
{
    size_t room = 2 * wording.len + 16, left = room, rest = wording.len;
    char *start = filter_alloc(ctx, room), *out = start, *in = (char *)wording.ptr;

    if (start == NULL || iconv(conversion, &in, &rest, &out, &left) != 0 || rest != 0)
        return span_of(NULL, 0);
    return span_of(start, room - left);
}

struct span wording_in(struct filter_ctx *ctx, struct span wording, struct span charset)
{
    char name[64];
    iconv_t conversion;
    struct span out;

    if (wording_ascii(wording) || span_eq_nocase(charset, SPAN("utf-8")))
        return wording;
    if (charset.len == 0 || charset.len >= sizeof(name) || !wording_charset_plain(charset))
        return span_of(NULL, 0);
    (void)snprintf(name, sizeof(name), "%.*s", (int)charset.len, charset.ptr);
    conversion = iconv_open(name, "UTF-8");
    if (conversion == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr) */
        return span_of(NULL, 0);
    out = convert(ctx, conversion, wording);
    iconv_close(conversion);
    return out;
}
