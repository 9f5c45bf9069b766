/* charset_name.c: what the names stand for that mailers give charsets. */
#include "mail/charset_private.h"

/* Where a charset has a superset that mailers write under its name, it is that (WHATWG, Encoding 4.2). ASCII
 * with the eighth bit set is taken for what it shows itself to be. */
static const struct {
    const char *name;
    enum charset_kind kind;
    const char *known;
} names[] = {
    {"utf-8", CHARSET_UTF8, NULL},
    {"utf8", CHARSET_UTF8, NULL},
    {"utf8mb4", CHARSET_UTF8, NULL},
    {"unicode-1-1-utf-8", CHARSET_UTF8, NULL},
    {"us-ascii", CHARSET_GUESS, NULL},
    {"ascii", CHARSET_GUESS, NULL},
    {"ansi_x3.4-1968", CHARSET_GUESS, NULL},
    {"unknown-8bit", CHARSET_GUESS, NULL},
    {"x-unknown", CHARSET_GUESS, NULL},
    {"iso-8859-1", CHARSET_1252, NULL},
    {"iso8859-1", CHARSET_1252, NULL},
    {"iso_8859-1", CHARSET_1252, NULL},
    {"latin1", CHARSET_1252, NULL},
    {"latin-1", CHARSET_1252, NULL},
    {"windows-1252", CHARSET_1252, NULL},
    {"x-windows-1252", CHARSET_1252, NULL},
    {"cp1252", CHARSET_1252, NULL},
    {"cp-1252", CHARSET_1252, NULL},
    {"iso-8859-6-i", CHARSET_ICONV, "iso-8859-6"},
    {"iso-8859-6-e", CHARSET_ICONV, "iso-8859-6"},
    {"iso-8859-8-i", CHARSET_ICONV, "iso-8859-8"},
    {"iso-8859-8-e", CHARSET_ICONV, "iso-8859-8"},
    {"iso-8859-9", CHARSET_ICONV, "windows-1254"},
    {"iso-8859-11", CHARSET_ICONV, "windows-874"},
    {"tis-620", CHARSET_ICONV, "windows-874"},
    {"x-cp1250", CHARSET_ICONV, "windows-1250"},
    {"win-1251", CHARSET_ICONV, "windows-1251"},
    {"x-cp1251", CHARSET_ICONV, "windows-1251"},
    {"x-mac-roman", CHARSET_ICONV, "macintosh"},
    {"x-mac-cyrillic", CHARSET_ICONV, "maccyrillic"},
    {"cp-850", CHARSET_ICONV, "cp850"},
    {"cp-866", CHARSET_ICONV, "cp866"},
    {"dos-866", CHARSET_ICONV, "cp866"},
    {"shift_jis", CHARSET_ICONV, "windows-31j"},
    {"shift-jis", CHARSET_ICONV, "windows-31j"},
    {"sjis", CHARSET_ICONV, "windows-31j"},
    {"x-sjis", CHARSET_ICONV, "windows-31j"},
    {"x-euc-jp", CHARSET_ICONV, "euc-jp"},
    {"euc-kr", CHARSET_ICONV, "uhc"},
    {"ks_c_5601-1987", CHARSET_ICONV, "uhc"},
    {"ks_c_5601", CHARSET_ICONV, "uhc"},
    {"windows-949", CHARSET_ICONV, "uhc"},
    {"gb2312", CHARSET_ICONV, "gb18030"},
    {"gb_2312-80", CHARSET_ICONV, "gb18030"},
    {"gbk", CHARSET_ICONV, "gb18030"},
    {"x-gbk", CHARSET_ICONV, "gb18030"},
    {"cn-gb", CHARSET_ICONV, "gb18030"},
    {"big5", CHARSET_ICONV, "cp950"},
    {"x-x-big5", CHARSET_ICONV, "cp950"},
    {"cn-big5", CHARSET_ICONV, "cp950"},
    {"unicode-1-1-utf-7", CHARSET_ICONV, "utf-7"},
    {"iso-10646-ucs-2", CHARSET_ICONV, "ucs-2"},
};

static const struct {
    const char *prefix;
    uint8_t unit;
} wide[] = {
    {"utf-16", 2}, {"utf16", 2}, {"ucs-2", 2}, {"ucs2", 2}, {"unicode", 2},
    {"utf-32", 4}, {"utf32", 4}, {"ucs-4", 4}, {"ucs4", 4}, {"iso-10646", 4},
};

enum charset_kind charset_named(struct span name, struct span *known)
{
    *known = name;
    if (name.len == 0)
        return CHARSET_GUESS;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_eq_nocase(name, span_str(names[i].name))) {
            *known = span_str(names[i].known);
            return names[i].kind;
        }
    }
    return CHARSET_ICONV;
}

uint8_t charset_unit(struct span known)
{
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (span_starts_nocase(known, span_str(wide[i].prefix)))
            return wide[i].unit;
    return 1;
}

uint16_t charset_1252(uint8_t octet)
{
    static const uint16_t upper[32] = {0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                       0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
                                       0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                       0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

    return octet >= 0x80 && octet < 0xa0 ? upper[octet - 0x80] : octet;
}
