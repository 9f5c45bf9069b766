/* smtp_params.c: tests of every parameter, of what it needs, and of printing that parses to the same again.
 */
#include "smtp/params.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(keyword) (UINT64_C(1) << (keyword))
#define EVERYTHING   (BIT(KEYWORD_COUNT) - 1)
#define X10(s)       s s s s s s s s s s
#define DIGITS_400                                                                                           \
    X10("0123456789"                                                                                         \
        "0123456789"                                                                                         \
        "0123456789"                                                                                         \
        "0123456789")

/* Every row of the table: a value it takes (or none), and the line's allowance for its extension. */
static const struct {
    enum param_name name;
    enum param_verb verb;
    enum keyword extension;
    const char *written;
    size_t allowance; /* of the extension alone, for this verb */
    bool firm;
} ROW_CASES[] = {
    {PARAM_SIZE, PARAM_OF_MAIL, KEYWORD_SIZE, "SIZE=1000", 26, false},
    {PARAM_BODY, PARAM_OF_MAIL, KEYWORD_8BITMIME, "BODY=8BITMIME", 17, false},
    {PARAM_SMTPUTF8, PARAM_OF_MAIL, KEYWORD_SMTPUTF8, "SMTPUTF8", 10, true},
    {PARAM_RET, PARAM_OF_MAIL, KEYWORD_DSN, "RET=HDRS", 100, false},
    {PARAM_ENVID, PARAM_OF_MAIL, KEYWORD_DSN, "ENVID=QQ314159", 100, false},
    {PARAM_AUTH, PARAM_OF_MAIL, KEYWORD_AUTH, "AUTH=e+3Dmc2@example.com", 500, false},
    {PARAM_BY, PARAM_OF_MAIL, KEYWORD_DELIVERBY, "BY=120;R", 17, true},
    {PARAM_MT_PRIORITY, PARAM_OF_MAIL, KEYWORD_MT_PRIORITY, "MT-PRIORITY=-3", 15, false},
    {PARAM_SOLICIT, PARAM_OF_MAIL, KEYWORD_NO_SOLICITING, "SOLICIT=net.example:ADV,org.x", 1007, false},
    {PARAM_HOLDFOR, PARAM_OF_MAIL, KEYWORD_FUTURERELEASE, "HOLDFOR=86400", 34, true},
    {PARAM_HOLDUNTIL, PARAM_OF_MAIL, KEYWORD_FUTURERELEASE, "HOLDUNTIL=2030-01-02T03:04:05Z", 34, true},
    {PARAM_REQUIRETLS, PARAM_OF_MAIL, KEYWORD_REQUIRETLS, "REQUIRETLS", 11, true},
    {PARAM_MTRK, PARAM_OF_MAIL, KEYWORD_MTRK, "MTRK=UlpMNGIzZGF5:86400", 40, false},
    {PARAM_XVERP, PARAM_OF_MAIL, KEYWORD_XVERP, "XVERP=+=", 9, false},
    {PARAM_NOTIFY, PARAM_OF_RCPT, KEYWORD_DSN, "NOTIFY=SUCCESS,DELAY", 500, false},
    {PARAM_ORCPT, PARAM_OF_RCPT, KEYWORD_DSN, "ORCPT=rfc822;Bob+2Bx@example.com", 500, false},
    {PARAM_RRVS, PARAM_OF_RCPT, KEYWORD_RRVS, "RRVS=2014-04-03T23:01:00Z;C", 33, false},
};

static void test_rows(void)
{
    CHECK(COUNT(ROW_CASES) == PARAM_COUNT);
    for (size_t i = 0; i < COUNT(ROW_CASES); i++) {
        struct span written = span_str(ROW_CASES[i].written);
        enum param_verb verb = ROW_CASES[i].verb;
        enum param_verb other = verb == PARAM_OF_MAIL ? PARAM_OF_RCPT : PARAM_OF_MAIL;
        uint64_t bit = BIT(ROW_CASES[i].extension);
        char bytes[256];
        struct text text = TEXT(bytes);
        struct params params;

        CHECK(ROW_CASES[i].name == i);
        CHECK(params_parse(written, verb, bit, &params) == 0);
        CHECK(params.count == 1 && params.list[0].name == ROW_CASES[i].name && params.offender.len == 0);
        CHECK(params_print(&text, &params, bit) == 0);
        CHECK_SPAN(span_skip(text_span(&text), 1), written);
        CHECK(bytes[0] == ' ');

        text.len = 0;
        CHECK(params_print(&text, &params, EVERYTHING & ~bit) == (ROW_CASES[i].firm ? -1 : 0));
        CHECK(text.len == 0);
        CHECK(params_line_allowance(verb, bit) == ROW_CASES[i].allowance);

        CHECK(params_parse(written, verb, EVERYTHING & ~bit, &params) == PARAMS_UNKNOWN);
        CHECK(params_parse(written, other, EVERYTHING, &params) == PARAMS_UNKNOWN);
        CHECK(span_starts_nocase(written, params.offender) && params.offender.len != 0);
    }
    CHECK(params_line_allowance(PARAM_OF_MAIL, 0) == 0);
    CHECK(params_line_allowance(PARAM_OF_RCPT, EVERYTHING) == 533);
    CHECK(params_line_allowance(PARAM_OF_MAIL, BIT(KEYWORD_SIZE) | BIT(KEYWORD_DSN)) == 126);
}

/* Single parameters of MAIL, everything offered. */
static const struct {
    const char *written;
    int result;
} MAIL_CASES[] = {
    {"", 0},
    {"   ", 0},
    {"size=1", 0},
    {"SIZE=0", 0},
    {"SIZE=18446744073709551615", 0},
    {"SIZE=18446744073709551616", PARAMS_SYNTAX},
    {"SIZE=99999999999999999999", PARAMS_SYNTAX},
    {"SIZE=000000000000000000001", PARAMS_SYNTAX},
    {"SIZE=-1", PARAMS_SYNTAX},
    {"SIZE=+1", PARAMS_SYNTAX},
    {"SIZE=0x10", PARAMS_SYNTAX},
    {"SIZE=", PARAMS_SYNTAX},
    {"SIZE", PARAMS_SYNTAX},
    {"SIZE 1", PARAMS_SYNTAX},
    {"SIZE=1=1", PARAMS_SYNTAX},
    {"BODY=7bit", 0},
    {"BODY=BinaryMime", 0},
    {"BODY=9BIT", PARAMS_SYNTAX},
    {"BODY", PARAMS_SYNTAX},
    {"SMTPUTF8=1", PARAMS_SYNTAX},
    {"SMTPUTF8=", PARAMS_SYNTAX},
    {"REQUIRETLS=yes", PARAMS_SYNTAX},
    {"RET=FULL", 0},
    {"RET=full", 0},
    {"RET=HDR", PARAMS_SYNTAX},
    {"RET", PARAMS_SYNTAX},
    {"ENVID=a+20b", 0},
    {"ENVID=+2b+2B", 0},
    {"ENVID=", PARAMS_SYNTAX},
    {"ENVID", PARAMS_SYNTAX},
    {"ENVID=a+0D+0Ab", PARAMS_SYNTAX},
    {"ENVID=+00", PARAMS_SYNTAX},
    {"ENVID=+7F", PARAMS_SYNTAX},
    {"ENVID=+E4", PARAMS_SYNTAX},
    {"ENVID=+0a", PARAMS_SYNTAX},
    {"ENVID=a+", PARAMS_SYNTAX},
    {"ENVID=a+2", PARAMS_SYNTAX},
    {"ENVID=a+2G", PARAMS_SYNTAX},
    {"ENVID=\xc3\xbc", PARAMS_SYNTAX},
    {"ENVID=" X10("0123456789"), 0},
    {"ENVID=" X10("0123456789") "0", PARAMS_SYNTAX},
    {"AUTH=<>", 0},
    {"AUTH=a@b.example", 0},
    {"AUTH=+22a+20b+22@b.example", 0},
    {"AUTH=<+0A>", PARAMS_SYNTAX},
    {"AUTH=a+0D+0A@b", PARAMS_SYNTAX},
    {"AUTH=a", PARAMS_SYNTAX},
    {"AUTH=", PARAMS_SYNTAX},
    {"AUTH", PARAMS_SYNTAX},
    {"BY=1;r", 0},
    {"BY=-999999999;N", 0},
    {"BY=+0;NT", 0},
    {"BY=120;RT", 0},
    {"BY=0;R", PARAMS_SYNTAX},
    {"BY=-1;R", PARAMS_SYNTAX},
    {"BY=1234567890;N", PARAMS_SYNTAX},
    {"BY=120", PARAMS_SYNTAX},
    {"BY=120;", PARAMS_SYNTAX},
    {"BY=120;X", PARAMS_SYNTAX},
    {"BY=120;NTT", PARAMS_SYNTAX},
    {"BY=-+1;N", PARAMS_SYNTAX},
    {"BY=;N", PARAMS_SYNTAX},
    {"BY", PARAMS_SYNTAX},
    {"MT-PRIORITY=0", 0},
    {"MT-PRIORITY=9", 0},
    {"MT-PRIORITY=-9", 0},
    {"MT-PRIORITY=-0", PARAMS_SYNTAX},
    {"MT-PRIORITY=+1", PARAMS_SYNTAX},
    {"MT-PRIORITY=10", PARAMS_SYNTAX},
    {"MT-PRIORITY=-", PARAMS_SYNTAX},
    {"MT-PRIORITY", PARAMS_SYNTAX},
    {"SOLICIT=a", 0},
    {"SOLICIT=a-1_2.b:C,d", 0},
    {"SOLICIT=1a", PARAMS_SYNTAX},
    {"SOLICIT=a,", PARAMS_SYNTAX},
    {"SOLICIT=a,,b", PARAMS_SYNTAX},
    {"SOLICIT=a;b", PARAMS_SYNTAX},
    {"SOLICIT", PARAMS_SYNTAX},
    {"HOLDFOR=1", 0},
    {"HOLDFOR=999999999", 0},
    {"HOLDFOR=0", PARAMS_SYNTAX},
    {"HOLDFOR=1234567890", PARAMS_SYNTAX},
    {"HOLDFOR=-1", PARAMS_SYNTAX},
    {"HOLDFOR", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-12-31t23:59:60.25+01:30", 0},
    {"HOLDUNTIL=2030-13-01T00:00:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-00-01T00:00:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-32T00:00:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T24:00:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:60:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:00:61Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:00:00", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:00:00.Z", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:00:00+0100", PARAMS_SYNTAX},
    {"HOLDUNTIL=2030-01-01T00:00:00Zx", PARAMS_SYNTAX},
    {"HOLDUNTIL=30-01-01T00:00:00Z", PARAMS_SYNTAX},
    {"HOLDUNTIL", PARAMS_SYNTAX},
    {"MTRK=abc+/9", 0},
    {"MTRK=abc=", PARAMS_SYNTAX},
    {"MTRK=abc:", PARAMS_SYNTAX},
    {"MTRK=abc:1234567890", PARAMS_SYNTAX},
    {"MTRK=:1", PARAMS_SYNTAX},
    {"MTRK", PARAMS_SYNTAX},
    {"XVERP", 0},
    {"XVERP=-=", 0},
    {"XVERP==+", 0},
    {"XVERP=-", PARAMS_SYNTAX},
    {"XVERP=--=", PARAMS_SYNTAX},
    {"XVERP=ab", PARAMS_SYNTAX},
    {"XVERP=", PARAMS_SYNTAX},
    /* Names. */
    {"TRANSID=<1@x>", PARAMS_UNKNOWN},
    {"SUBMITTER=a@b", PARAMS_UNKNOWN},
    {"PRDR", PARAMS_UNKNOWN},
    {"NOTIFY=NEVER", PARAMS_UNKNOWN},
    {"X", PARAMS_UNKNOWN},
    {"-SIZE=1", PARAMS_SYNTAX},
    {"=1", PARAMS_SYNTAX},
    {"=", PARAMS_SYNTAX},
    {"S_Z=1", PARAMS_SYNTAX},
    {"<a@b>", PARAMS_SYNTAX},
    {"SIZE\x01=1", PARAMS_SYNTAX},
    {"SI\xc3\xbcZE=1", PARAMS_SYNTAX},
    /* Together. */
    {" SIZE=1   BODY=8BITMIME  SMTPUTF8 ", 0},
    {"SIZE=1 size=1", PARAMS_DUPLICATE},
    {"BODY=7BIT SIZE=1 BODY=BINARYMIME", PARAMS_DUPLICATE},
    {"HOLDFOR=1 HOLDUNTIL=2030-01-01T00:00:00Z", PARAMS_DUPLICATE},
    {"HOLDUNTIL=2030-01-01T00:00:00Z HOLDFOR=1", PARAMS_DUPLICATE},
    {"SIZE=1 FOO=2 SIZE=3", PARAMS_UNKNOWN},
};

static const struct {
    const char *written;
    int result;
} RCPT_CASES[] = {
    {"NOTIFY=never", 0},
    {"NOTIFY=SUCCESS", 0},
    {"NOTIFY=delay,FAILURE,success", 0},
    {"NOTIFY=SUCCESS,SUCCESS", PARAMS_SYNTAX},
    {"NOTIFY=NEVER,SUCCESS", PARAMS_SYNTAX},
    {"NOTIFY=SUCCESS,NEVER", PARAMS_SYNTAX},
    {"NOTIFY=SUCCESS,", PARAMS_SYNTAX},
    {"NOTIFY=,SUCCESS", PARAMS_SYNTAX},
    {"NOTIFY=ALWAYS", PARAMS_SYNTAX},
    {"NOTIFY", PARAMS_SYNTAX},
    {"ORCPT=rfc822;a@b", 0},
    {"ORCPT=x.400;a", PARAMS_SYNTAX},
    {"ORCPT=rfc822;", 0},
    {"ORCPT=;a@b", PARAMS_SYNTAX},
    {"ORCPT=rfc822", PARAMS_SYNTAX},
    {"ORCPT=rfc822;a+0D+0Ab", PARAMS_SYNTAX},
    {"ORCPT=rfc822;a+00", PARAMS_SYNTAX},
    {"ORCPT=rfc822;a=b", PARAMS_SYNTAX},
    {"ORCPT=rfc=822;a", PARAMS_SYNTAX},
    {"ORCPT=rfc822;\xc3\xbc@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\xc3\xbc@b", 0},
    {"ORCPT=UTF-8;\\x{FC}@b", 0},
    {"ORCPT=utf-8;\\x{0A}@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\\x{00000A}@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\\x{7F}@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\\x{110000}@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\\x{FC", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\\n", PARAMS_SYNTAX},
    {"ORCPT=utf-8;a\\", PARAMS_SYNTAX},
    {"ORCPT=utf-8;\xfc@b", PARAMS_SYNTAX},
    {"ORCPT=utf-8;", PARAMS_SYNTAX},
    {"ORCPT=rfc822;" DIGITS_400 DIGITS_400, PARAMS_SYNTAX},
    {"ORCPT=rfc822;" DIGITS_400 X10("123456789") "123", 0},
    {"ORCPT=rfc822;" DIGITS_400 X10("123456789") "1234", PARAMS_SYNTAX},
    {"ORCPT", PARAMS_SYNTAX},
    {"RRVS=2014-04-03T23:01:00Z", 0},
    {"RRVS=2014-04-03T23:01:00Z;r", 0},
    {"RRVS=2014-04-03T23:01:00Z;X", PARAMS_SYNTAX},
    {"RRVS=2014-04-03T23:01:00Z;", PARAMS_SYNTAX},
    {"RRVS=2014-04-03", PARAMS_SYNTAX},
    {"RRVS", PARAMS_SYNTAX},
    {"SIZE=1", PARAMS_UNKNOWN},
    {"NOTIFY=NEVER ORCPT=rfc822;a NOTIFY=NEVER", PARAMS_DUPLICATE},
    {"NOTIFY=NEVER ORCPT=rfc822;a RRVS=2014-04-03T23:01:00Z", 0},
};

static bool same(const struct params *a, const struct params *b)
{
    bool equal = a->count == b->count && a->size == b->size && a->has_size == b->has_size &&
                 a->smtputf8 == b->smtputf8 && a->binary == b->binary && a->eight_bit == b->eight_bit;

    for (unsigned i = 0; equal && i < a->count; i++)
        equal = a->list[i].name == b->list[i].name && span_eq(a->list[i].value, b->list[i].value) &&
                (a->list[i].value.ptr == NULL) == (b->list[i].value.ptr == NULL);
    return equal;
}

static void check_reprint(const struct params *params, enum param_verb verb, uint64_t offered)
{
    char bytes[4096];
    struct text text = TEXT(bytes);
    struct params again;

    CHECK(params_print(&text, params, offered) == 0);
    CHECK(!text.cut);
    CHECK(params_parse(text_span(&text), verb, offered, &again) == 0);
    CHECK(same(params, &again));
}

static void check_case(const char *written, enum param_verb verb, int expected)
{
    struct params params;
    int before = test_failures;
    int result = params_parse(span_str(written), verb, EVERYTHING, &params);

    CHECK(result == expected);
    if (result == 0) {
        CHECK(params.offender.len == 0);
        check_reprint(&params, verb, EVERYTHING);
    } else {
        CHECK(params.offender.len != 0);
    }
    if (test_failures != before)
        fprintf(stderr, "  in case \"%s\": %d\n", written, result);
}

static void test_values(void)
{
    for (size_t i = 0; i < COUNT(MAIL_CASES); i++)
        check_case(MAIL_CASES[i].written, PARAM_OF_MAIL, MAIL_CASES[i].result);
    for (size_t i = 0; i < COUNT(RCPT_CASES); i++)
        check_case(RCPT_CASES[i].written, PARAM_OF_RCPT, RCPT_CASES[i].result);
}

static void test_facts(void)
{
    struct params params;

    CHECK(params_parse(SPAN(" size=0123 smtputf8 body=8bitmime"), PARAM_OF_MAIL, EVERYTHING, &params) == 0);
    CHECK(params.has_size && params.size == 123 && params.smtputf8 && params.eight_bit && !params.binary);
    CHECK(params_parse(SPAN("BODY=binarymime"), PARAM_OF_MAIL, EVERYTHING, &params) == 0);
    CHECK(!params.has_size && params.binary && !params.eight_bit && !params.smtputf8);
    CHECK(params_parse(SPAN("BODY=7BIT"), PARAM_OF_MAIL, EVERYTHING, &params) == 0);
    CHECK(!params.binary && !params.eight_bit);
    CHECK(params_parse(SPAN("SIZE=1 Foo=2"), PARAM_OF_MAIL, EVERYTHING, &params) == PARAMS_UNKNOWN);
    CHECK_SPAN(params.offender, SPAN("Foo"));
}

/* BODY belongs to the extension its value names. */
static void test_body(void)
{
    struct params params;
    char bytes[64];
    struct text text = TEXT(bytes);
    struct span eight = SPAN("BODY=8BITMIME"), binary = SPAN("BODY=BINARYMIME"), seven = SPAN("BODY=7BIT");

    CHECK(params_parse(seven, PARAM_OF_MAIL, BIT(KEYWORD_BINARYMIME), &params) == PARAMS_UNKNOWN);
    CHECK(params_parse(eight, PARAM_OF_MAIL, BIT(KEYWORD_BINARYMIME), &params) == PARAMS_UNKNOWN);
    CHECK(params_parse(binary, PARAM_OF_MAIL, BIT(KEYWORD_8BITMIME), &params) == PARAMS_UNKNOWN);
    CHECK(params_parse(binary, PARAM_OF_MAIL, BIT(KEYWORD_BINARYMIME), &params) == 0);
    CHECK(params_print(&text, &params, BIT(KEYWORD_8BITMIME)) == -1);
    CHECK(text.len == 0);
    CHECK(params_print(&text, &params, BIT(KEYWORD_BINARYMIME)) == 0);
    CHECK_SPAN(text_span(&text), SPAN(" BODY=BINARYMIME"));
}

static void test_utf8(void)
{
    struct params params;
    char bytes[64];
    struct text text = TEXT(bytes);
    struct span orcpt = SPAN("ORCPT=utf-8;\xc3\xbc@b");
    struct span auth = SPAN("AUTH=+C3+BC@b");

    CHECK(params_parse(orcpt, PARAM_OF_RCPT, BIT(KEYWORD_DSN), &params) == PARAMS_SYNTAX);
    CHECK(params_parse(orcpt, PARAM_OF_RCPT, EVERYTHING, &params) == 0);
    CHECK(params_print(&text, &params, BIT(KEYWORD_DSN)) == 0);
    CHECK(text.len == 0); /* dropped rather than sent to who cannot read it */
    CHECK(params_parse(auth, PARAM_OF_MAIL, BIT(KEYWORD_AUTH), &params) == PARAMS_SYNTAX);
    CHECK(params_parse(auth, PARAM_OF_MAIL, EVERYTHING, &params) == 0);
    CHECK(params_print(&text, &params, BIT(KEYWORD_AUTH)) == 0);
    CHECK(text.len == 0); /* UTF-8 in xtext is UTF-8 all the same */
}

/* Printing for an upstream that offers less keeps exactly what it offers. */
static void test_subsets(void)
{
    struct params params;

    CHECK(params_parse(SPAN("SIZE=5 BODY=8BITMIME RET=FULL ENVID=x"), PARAM_OF_MAIL, EVERYTHING, &params) ==
          0);
    for (unsigned subset = 0; subset < 8; subset++) {
        uint64_t offered = ((subset & 1) != 0 ? BIT(KEYWORD_SIZE) : 0) |
                           ((subset & 2) != 0 ? BIT(KEYWORD_8BITMIME) : 0) |
                           ((subset & 4) != 0 ? BIT(KEYWORD_DSN) : 0);
        unsigned expected = (subset & 1) + (subset >> 1 & 1) + 2 * (subset >> 2 & 1);
        char bytes[128];
        struct text text = TEXT(bytes);
        struct params again;

        CHECK(params_print(&text, &params, offered) == 0);
        CHECK(params_parse(text_span(&text), PARAM_OF_MAIL, offered, &again) == 0);
        CHECK(again.count == expected);
    }
}

/* Parameters given on top of others take the place of the same ones. */
static void test_override(void)
{
    static const struct {
        const char *below, *above, *together;
    } rows[] = {
        {"", "", ""},
        {"SIZE=5", "", " SIZE=5"},
        {"", "SIZE=5", " SIZE=5"},
        {"SIZE=5 BODY=8BITMIME RET=FULL", "SIZE=7", " BODY=8BITMIME RET=FULL SIZE=7"},
        {"SIZE=5", "ENVID=x RET=HDRS", " SIZE=5 ENVID=x RET=HDRS"},
        {"HOLDFOR=5", "HOLDUNTIL=2026-01-01T00:00:00Z", " HOLDUNTIL=2026-01-01T00:00:00Z"},
        {"BODY=8BITMIME", "BODY=7BIT", " BODY=7BIT"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct params below, above;
        char bytes[128];
        struct text text = TEXT(bytes);
        CHECK(params_parse(span_str(rows[i].below), PARAM_OF_MAIL, EVERYTHING, &below) == 0);
        CHECK(params_parse(span_str(rows[i].above), PARAM_OF_MAIL, EVERYTHING, &above) == 0);
        params_override(&below, &above);
        CHECK(params_print(&text, &below, EVERYTHING) == 0);
        CHECK_SPAN(text_span(&text), span_str(rows[i].together));
        CHECK(!below.eight_bit || above.count == 0 || i == 3);
    }
}

int main(void)
{
    test_rows();
    test_values();
    test_facts();
    test_body();
    test_utf8();
    test_subsets();
    test_override();
    return test_end("smtp_params");
}
