/* mail_charset.c: tests of charsets: the same UTF-8 and anomalies however the input is cut, and however
 * little room there is. */
#include "mail/charset.h"

#include "mail_pieces.h"

#define INVALID UINT64_C(1) << ANOMALY_CHARSET_INVALID
#define UNKNOWN UINT64_C(1) << ANOMALY_CHARSET_UNKNOWN
#define NULS    UINT64_C(1) << ANOMALY_NUL

#define FFFD "\xef\xbf\xbd"

#define S(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

struct charset_case {
    const char *name;
    struct span in, out;
    uint64_t anomalies;
};

static const struct charset_case cases[] = {
    {"utf-8", S(""), S(""), 0},
    {"UTF-8", S("plain, and long enough for eight at a time\r\n"),
     S("plain, and long enough for eight at a time\r\n"), 0},
    {"utf8", S("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xa9"), S("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xa9"), 0},
    {"utf-8", S("\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
     S("\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 0},
    {"utf-8", S("a\0b"), S("a\0b"), NULS},
    {"utf-8", S("12345678\0b"), S("12345678\0b"), NULS},
    /* RFC 3629 3: overlong, surrogates, beyond the last; RFC 3629 4 */
    {"utf-8", S("\xc0\xaf\xc1\xbf"), S(FFFD FFFD FFFD FFFD), INVALID},
    {"utf-8", S("\xe0\x9f\xbf"), S(FFFD FFFD FFFD), INVALID},
    {"utf-8", S("\xed\xa0\x80"), S(FFFD FFFD FFFD), INVALID},
    {"utf-8", S("\xf0\x8f\xbf\xbf\xf4\x90\x80\x80"), S(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD), INVALID},
    {"utf-8", S("\xf5\xff\x80"), S(FFFD FFFD FFFD), INVALID},
    {"utf-8", S("a\xe2\x82"), S("a" FFFD FFFD), INVALID},
    {"utf-8", S("\xe2\x82z\xe2\x28\xa1"), S(FFFD FFFD "z" FFFD "(" FFFD), INVALID},
    {"utf-8", S("\xf0\x9f\x92"), S(FFFD FFFD FFFD), INVALID},
    /* what the octets show */
    {"", S("h\xc3\xa9"), S("h\xc3\xa9"), 0},
    {"us-ascii", S("h\xc3\xa9"), S("h\xc3\xa9"), 0},
    {"us-ascii", S("\x80 h\xe9"), S("\xe2\x82\xac h\xc3\xa9"), INVALID},
    {"no-such-charset", S("h\xe9"), S("h\xc3\xa9"), INVALID | UNKNOWN},
    {"utf-16//IGNORE", S("h"), S("h"), UNKNOWN},
    {"utf 16", S("h"), S("h"), UNKNOWN},
    {"utf\x7f", S("h"), S("h"), UNKNOWN},
    {"a-name-that-is-very-much-longer-than-any-name-of-a-charset-has-a-right-to-be", S("h"), S("h"), UNKNOWN},
    {"iso-8859-1", S("\x80\x93h\xc3\xa9\x94\xff"),
     S("\xe2\x82\xac\xe2\x80\x9ch\xc3\x83\xc2\xa9\xe2\x80\x9d\xc3\xbf"), 0},
    {"Windows-1252", S("\x81\x9f"), S("\xc2\x81\xc5\xb8"), 0},
    {"iso-8859-1", S("a\0"), S("a\0"), NULS},
    /* iconv's */
    {"iso-8859-2", S("\xb3\xf3"), S("\xc5\x82\xc3\xb3"), 0},
    {"koi8-r", S("\xf0\xd2\xc9\xd7\xc5\xd4"), S("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"), 0},
    {"KOI8-R", S("a\0b"), S("a\0b"), NULS},
    {"iso-2022-jp", S("\x1b$B$\"\x1b(Ba"),
     S("\xe3\x81\x82"
       "a"),
     0},
    {"shift_jis", S("\x82\xa0\x87\x40"), S("\xe3\x81\x82\xe2\x91\xa0"), 0},
    {"gb2312", S("\xc4\xe3\x81\x30\x84\x36"), S("\xe4\xbd\xa0\xc2\xa5"), 0},
    {"big5", S("\xa7\x41"), S("\xe4\xbd\xa0"), 0},
    {"ks_c_5601-1987", S("\xb0\xa1"), S("\xea\xb0\x80"), 0},
    {"euc-kr", S("\xb0\xa1\xff\xb0\xa1"), S("\xea\xb0\x80" FFFD "\xea\xb0\x80"), INVALID},
    {"gb2312", S("\xc4"), S(FFFD), INVALID},
    {"utf-7", S("A+AGE-B"), S("AaB"), 0},
    {"utf-16le", S("a\0\xac \x3d\xd8\xa9\xdc"), S("a\xe2\x82\xac\xf0\x9f\x92\xa9"), 0},
    {"utf-16", S("\xfe\xff\0a\0b"), S("ab"), 0},
    /* a lone surrogate does not shift what follows by an octet */
    {"utf-16le",
     S("a\0\0\xdc"
       "b\0"),
     S("a" FFFD "b"), INVALID},
    {"utf-16be", S("\0a\0"), S("a" FFFD), INVALID},
    /* a letter that waits for a mark, and the text ends */
    {"windows-1255", S("\xe9"), S("\xd7\x99"), 0},
    {"windows-1258", S("a\xcc"), S("\xc3\xa0"), 0},
};

static struct charset charset;
static const struct charset_case *now;

static void begin(struct pieces *pieces)
{
    (void)pieces;
    charset = (struct charset){0};
    charset_open(&charset, span_str(now->name));
}

static size_t feed(void *state, struct span in, char *out, size_t room, size_t *made)
{
    return charset_feed(state, in, out, room, made);
}

static size_t finish(void *state, char *out)
{
    return charset_finish(state, out);
}

static void end(struct pieces *pieces)
{
    CHECK(charset.anomalies == now->anomalies);
    if (charset.anomalies != now->anomalies)
        fprintf(stderr, "  in %s: %.*s\n", now->name, (int)now->in.len, now->in.ptr);
    charset_close(&charset);
    (void)pieces;
}

static void run(const struct charset_case *the_case)
{
    struct pieces pieces = {.state = &charset,
                            .begin = begin,
                            .feed = feed,
                            .finish = finish,
                            .end = end,
                            .expected = the_case->out};
    char whole[4096];
    struct text to = TEXT(whole);

    now = the_case;
    pieces_run(&pieces, now->in, 16);
    CHECK(charset_convert(span_str(now->name), now->in, &to) == now->anomalies);
    CHECK_SPAN(text_span(&to), now->out);
}

/* RFC 3629 4: every text of two octets is valid or is not. */
static void test_pairs(void)
{
    for (unsigned first = 0x80; first < 0x100; first++) {
        for (unsigned second = 0; second < 0x100; second += 0x10) {
            char in[2] = {(char)first, (char)second}, bytes[64];
            struct text to = TEXT(bytes);
            bool valid = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            uint64_t anomalies = charset_convert(SPAN("utf-8"), span_of(in, 2), &to);
            CHECK(((anomalies & INVALID) == 0) == valid);
            CHECK(valid == span_eq(text_span(&to), span_of(in, 2)));
        }
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        run(&cases[i]);
    test_pairs();
    return test_end("mail_charset");
}
