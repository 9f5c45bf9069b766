/* mail_decode.c: tests of the transfer encodings: the same octets and anomalies however the input is cut, and
 * however little room there is. */
#include "mail/decode.h"

#include "mail_pieces.h"

#define B64 UINT64_C(1) << ANOMALY_BASE64
#define QP  UINT64_C(1) << ANOMALY_QUOTED_PRINTABLE
#define UU  UINT64_C(1) << ANOMALY_UUENCODE

struct decode_case {
    enum decode_encoding encoding;
    struct span in, out;
    uint64_t anomalies;
};

/* A string with NUL in it. */
#define S(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

static const struct decode_case cases[] = {
    {DECODE_IDENTITY, S(""), S(""), 0},
    {DECODE_IDENTITY, S("a=3D\r\n\0\xff"), S("a=3D\r\n\0\xff"), 0},
    {DECODE_UNKNOWN, S("QQ=="), S("QQ=="), 0},
    /* RFC 4648 10 */
    {DECODE_BASE64, S(""), S(""), 0},
    {DECODE_BASE64, S("Zg=="), S("f"), 0},
    {DECODE_BASE64, S("Zm8="), S("fo"), 0},
    {DECODE_BASE64, S("Zm9v"), S("foo"), 0},
    {DECODE_BASE64, S("Zm9vYg=="), S("foob"), 0},
    {DECODE_BASE64, S("Zm9vYmE="), S("fooba"), 0},
    {DECODE_BASE64, S("Zm9vYmFy"), S("foobar"), 0},
    {DECODE_BASE64, S("Zm9v\r\nYmFy\r\n"), S("foobar"), 0},
    {DECODE_BASE64, S("Z m\t9\r\nv\nYm Fy"), S("foobar"), 0},
    {DECODE_BASE64, S("AAECA/z9/v8="), S("\0\1\2\3\xfc\xfd\xfe\xff"), 0},
    {DECODE_BASE64, S("_-__"), S("\xff\xef\xff"), 0},
    {DECODE_BASE64, S("/+//"), S("\xff\xef\xff"), 0},
    /* padding is missing, too much, or in the middle */
    {DECODE_BASE64, S("Zg"), S("f"), B64},
    {DECODE_BASE64, S("Zm8"), S("fo"), B64},
    {DECODE_BASE64, S("Z"), S(""), B64},
    {DECODE_BASE64, S("Zm9vZ="), S("foo"), B64},
    {DECODE_BASE64, S("Zg="), S("f"), 0},
    {DECODE_BASE64, S("Zg==="), S("f"), 0},
    {DECODE_BASE64, S("Zm9v="), S("foo"), B64},
    {DECODE_BASE64, S("===="), S(""), B64},
    {DECODE_BASE64, S("Zg==Zg==Zm9v"), S("fffoo"), B64},
    {DECODE_BASE64, S("Zg==Zm9v"), S("ffoo"), B64},
    {DECODE_BASE64, S("Zg==\r\n\r\n"), S("f"), 0},
    /* what is no base64 is passed over, the rest decoded */
    {DECODE_BASE64, S("Z!m9\0v"), S("foo"), B64},
    {DECODE_BASE64, S("Zm9v\xff.YmFy"), S("foobar"), B64},
    {DECODE_BASE64, S("Zm9vYmFyZm9vYmFy*"), S("foobarfoobar"), B64},

    {DECODE_QUOTED_PRINTABLE, S("a=3Db"), S("a=b"), 0},
    {DECODE_QUOTED_PRINTABLE, S("=C3=a9=e2=82=AC"), S("\xc3\xa9\xe2\x82\xac"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a=\r\nb=\nc"), S("abc"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a= \t \r\nb"), S("ab"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a=\t        \r\nb"), S("ab"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a\r\nb\nc"), S("a\r\nb\nc"), 0},
    {DECODE_QUOTED_PRINTABLE, S("\0\xff"), S("\0\xff"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a="), S("a"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a=\r"), S("a"), 0},
    {DECODE_QUOTED_PRINTABLE, S("a==41"), S("a=A"), QP},
    {DECODE_QUOTED_PRINTABLE, S("a=4"), S("a=4"), QP},
    {DECODE_QUOTED_PRINTABLE, S("a=4=41"), S("a=4A"), QP},
    {DECODE_QUOTED_PRINTABLE, S("a=4g=G4=zz"), S("a=4g=G4=zz"), QP},
    {DECODE_QUOTED_PRINTABLE, S("x = 5"), S("x = 5"), QP},
    {DECODE_QUOTED_PRINTABLE, S("x =\r5"), S("x =\r5"), QP},
    {DECODE_QUOTED_PRINTABLE, S("x ==\r\n5"), S("x =5"), QP},

    {DECODE_UUENCODE, S("begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"), S("Cat"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n%0V%T0V$\n \nend\n"), S("CatCa"), UU},
    {DECODE_UUENCODE, S("Hello\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\nbye"), S("Hello\r\nCatbye"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n#0V%T\n`\nend\nbegin 600 b\n#0V%T\n`\nend\n"), S("CatCat"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n#0V%T\n"), S("Cat"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n#0V%Tjunk\n#0V%T\n"), S("CatCat"), UU},
    /* trailing spaces were cut off */
    {DECODE_UUENCODE, S("begin 644 a\n)0V%T\n#0V%T\n"), S("Cat\0\0\0\0\0\0Cat"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n#0V\n`\nend\n"), S("C`\0"), UU},
    {DECODE_UUENCODE, S("begin 644 a\r\n\r\n\n#0V%\rT\r\n`\r\nend\r\n"), S("Cat"), UU},
    {DECODE_UUENCODE, S("begin 644 a\n\x7f\n#0V%T\n"),
     S("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
       "Cat"),
     UU},
    /* no file */
    {DECODE_UUENCODE, S("beginning\r\nbegi"), S("beginning\r\nbegi"), 0},
    {DECODE_UUENCODE, S("be\r\nbegin\r\n begin 1 x\r\nx"), S("be\r\nbegin\r\n begin 1 x\r\nx"), 0},
};

static struct decode decode;
static const struct decode_case *now;

static void begin(struct pieces *pieces)
{
    (void)pieces;
    decode = (struct decode){.encoding = now->encoding};
}

static size_t feed(void *state, struct span in, char *out, size_t room, size_t *made)
{
    return decode_feed(state, in, out, room, made);
}

static size_t finish(void *state, char *out)
{
    return decode_finish(state, out);
}

static void end(struct pieces *pieces)
{
    CHECK(decode.anomalies == now->anomalies);
    if (decode.anomalies != now->anomalies)
        fprintf(stderr, "  in %.*s\n", (int)now->in.len, now->in.ptr);
    (void)pieces;
}

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pieces pieces = {.state = &decode,
                                .begin = begin,
                                .feed = feed,
                                .finish = finish,
                                .end = end,
                                .expected = cases[i].out};
        now = &cases[i];
        pieces_run(&pieces, now->in, 8);
    }
}

/* Every octet, through an encoder as plain as can be. */
static void test_base64_whole(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char octets[258], encoded[512];
    struct text text = TEXT(encoded);
    struct decode_case whole = {DECODE_BASE64, {encoded, 0}, {octets, sizeof(octets)}, 0};
    struct pieces pieces = {
        .state = &decode, .begin = begin, .feed = feed, .finish = finish, .end = end, .expected = whole.out};

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof(octets); i += 3) {
        const unsigned char *p = (const unsigned char *)octets + i;
        unsigned bits = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
        for (int shift = 18; shift >= 0; shift -= 6)
            text_char(&text, alphabet[bits >> shift & 63]);
        if (i % 57 == 54)
            text_add(&text, SPAN("\r\n"));
    }
    whole.in = text_span(&text);
    now = &whole;
    pieces_run(&pieces, whole.in, 8);
    now = NULL;
}

static void test_encoding(void)
{
    static const struct {
        const char *value;
        enum decode_encoding encoding;
    } values[] = {
        {NULL, DECODE_IDENTITY},          {"", DECODE_IDENTITY},
        {" \r\n ", DECODE_IDENTITY},      {" 7bit", DECODE_IDENTITY},
        {"8BIT", DECODE_IDENTITY},        {"binary", DECODE_IDENTITY},
        {" base64\r\n", DECODE_BASE64},   {"Base64 ;", DECODE_BASE64},
        {"\"base64\"", DECODE_BASE64},    {"(a (nested\\) comment)) base64(b)", DECODE_BASE64},
        {"(x)base64", DECODE_BASE64},     {"QUOTED-Printable", DECODE_QUOTED_PRINTABLE},
        {"x-uuencode", DECODE_UUENCODE},  {"uue", DECODE_UUENCODE},
        {"(x base64", DECODE_UNKNOWN},    {"base64 quoted-printable", DECODE_UNKNOWN},
        {"base64, 7bit", DECODE_UNKNOWN}, {"base6", DECODE_UNKNOWN},
        {"base645", DECODE_UNKNOWN},      {"x-token", DECODE_UNKNOWN},
        {"\"", DECODE_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        CHECK(decode_encoding(span_str(values[i].value)) == values[i].encoding);
        if (decode_encoding(span_str(values[i].value)) != values[i].encoding)
            fprintf(stderr, "  in %s\n", values[i].value);
    }
}

int main(void)
{
    test_cases();
    test_base64_whole();
    test_encoding();
    return test_end("mail_decode");
}
