/* mail_encoded_word.c: tests of the text of header fields (RFC 2047). */
#include "mail/encoded_word.h"

#include <time.h>

#include "test.h"

#define BAD     UINT64_C(1) << ANOMALY_ENCODED_WORD
#define OCTETS  UINT64_C(1) << ANOMALY_HEADER_OCTETS
#define UNKNOWN UINT64_C(1) << ANOMALY_CHARSET_UNKNOWN
#define INVALID UINT64_C(1) << ANOMALY_CHARSET_INVALID

static const struct {
    const char *in, *out;
    uint64_t anomalies;
} cases[] = {
    {NULL, "", 0},
    {"", "", 0},
    {" \r\n ", "", 0},
    {" Hello \t", "Hello", 0},
    {" a\r\n b \r\n\tc  d\n e", "a b c  d e", 0},
    {"h\xc3\xa9", "h\xc3\xa9", 0},
    {"h\xe9 \xe2\x82", "h\xc3\xa9 \xc3\xa2\xe2\x80\x9a", OCTETS},
    /* RFC 2047 8 */
    {"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>", 0},
    {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard", 0},
    {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
     "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
     "If you can read this you understand the example.", 0},
    {"(=?ISO-8859-1?Q?a?=)", "(a)", 0},
    {"(=?ISO-8859-1?Q?a?= b)", "(a b)", 0},
    {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)", 0},
    {"(=?ISO-8859-1?Q?a?=  \r\n  =?ISO-8859-1?Q?b?=)", "(ab)", 0},
    {"(=?ISO-8859-1?Q?a_b?=)", "(a b)", 0},
    {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)", 0},
    {"x =?utf-8?q?a?=", "x a", 0},
    {"x\r\n =?utf-8?q?a?=\r\n y", "x a y", 0},
    /* RFC 2231 5 */
    {"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore", 0},
    {"=?*EN?Q?a?=", "a", 0},
    /* a character, and a state, split between words */
    {"=?utf-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "\xe2\x82\xac", 0},
    {"=?utf-8?B?4oI=?= =?utf-8?Q?=AC?=", "\xe2\x82\xac", 0},
    {"=?utf-8?Q?=E2=82?= x =?utf-8?Q?=AC?=", "\xef\xbf\xbd\xef\xbf\xbd x \xef\xbf\xbd", INVALID},
    {"=?utf-8?Q?=E2?= =?iso-8859-1?Q?=E9?=", "\xef\xbf\xbd\xc3\xa9", INVALID},
    {"=?iso-2022-jp?B?GyRCJCI=?= =?iso-2022-jp?B?JCQbKEI=?=", "\xe3\x81\x82\xe3\x81\x84", 0},
    {"=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", 0},
    /* nothing between words, or between them and the rest */
    {"=?utf-8?q?a?==?utf-8?q?b?=", "ab", 0},
    {"a=?utf-8?q?b?=c", "abc", 0},
    {"=?utf-8?q?\?=", "", 0},
    {"\"=?utf-8?q?a?=\"", "\"a\"", 0},
    /* as mailers write them */
    {"=?utf-8?q?a b?=", "a b", BAD},
    {"=?utf-8?q?a\r\n  b?=", "ab", BAD},
    {"=?utf-8?B?YW\r\n Jj?=", "abc", BAD},
    {"=?utf-8?Q?What?\?=", "What?", 0},
    {"=?utf-8?Q?a?b?=", "a?b", 0},
    {"=?utf-8?Q?a=?=", "a=", BAD},
    {"=?utf-8?Q?=4?=", "=4", BAD},
    {"=?utf-8?B?YWJj=?=", "abc", BAD},
    {"=?utf-8?B?YW*Jj?=", "abc", BAD},
    {"=?utf-8?B?YQ?=", "a", BAD},
    {"=?x-none?Q?=E9?=", "\xc3\xa9", UNKNOWN | INVALID},
    /* what is none stays */
    {"=?", "=?", BAD},
    {"=", "=", 0},
    {"=a ?b =", "=a ?b =", 0},
    {"=?=", "=?=", BAD},
    {"=?utf-8", "=?utf-8", BAD},
    {"=?utf-8?", "=?utf-8?", BAD},
    {"=?utf-8?q", "=?utf-8?q", BAD},
    {"=?utf-8?q?", "=?utf-8?q?", BAD},
    {"=?utf-8?q?a", "=?utf-8?q?a", BAD},
    {"=?utf-8?q?a?", "=?utf-8?q?a?", BAD},
    {"=?utf-8?x?a?=", "=?utf-8?x?a?=", BAD},
    {"=??q?a?=", "=??q?a?=", BAD},
    {"=?utf 8?q?a?=", "=?utf 8?q?a?=", BAD},
    {"=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b", BAD},
    {"=?a=?utf-8?q?b?=", "=?ab", BAD},
    {"=?ut\x7f-8?q?a?=", "=?ut\x7f-8?q?a?=", BAD},
    {"=?ut\xc3\xa9?q?a?=", "=?ut\xc3\xa9?q?a?=", BAD},
    {"a \r b \n =?utf-8?q?c?=", "a b c", 0},
    {"=?utf-8?q?a=\r\n?=", "a=", BAD},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char bytes[512];
        struct text to = TEXT(bytes);
        uint64_t anomalies = encoded_word_text(span_str(cases[i].in), &to);

        CHECK_SPAN(text_span(&to), span_str(cases[i].out));
        CHECK(anomalies == cases[i].anomalies && !to.cut);
        if (anomalies != cases[i].anomalies)
            fprintf(stderr, "  %s: %#llx\n", cases[i].in, (unsigned long long)anomalies);
    }
}

/* Octets that end where the memory ends; every piece of every case is read without a look beyond. */
static void test_prefixes(void)
{
    for (size_t i = 1; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t len = 0; len <= strlen(cases[i].in); len++) {
            char bytes[512], *copy = malloc(len);
            struct text to = TEXT(bytes);
            REQUIRE(copy != NULL);
            memcpy(copy, cases[i].in, len);
            (void)encoded_word_text(span_of(copy, len), &to);
            CHECK(!to.cut && to.len <= 3 * len);
            free(copy);
        }
    }
}

static void test_room(void)
{
    struct span in = SPAN("plain =?utf-8?q?words?= and =?koi8-r?B?8NLJ18XU?= more");

    for (size_t size = 0; size < 64; size++) {
        char bytes[64];
        struct text to = {bytes, 0, size, false};
        (void)encoded_word_text(in, &to);
        CHECK(to.len <= size && to.cut == (size < strlen("plain words and  more") + 12));
    }
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The text of `unit` `times` over. */
static double time_of(const char *unit, size_t times)
{
    size_t len = strlen(unit);
    char *in = malloc(times * len), *out = malloc(times * len);
    struct text to = {out, 0, times * len, false};
    double begin;

    REQUIRE(in != NULL && out != NULL);
    for (size_t i = 0; i < times; i++)
        memcpy(in + i * len, unit, len);
    begin = seconds();
    (void)encoded_word_text(span_of(in, times * len), &to);
    begin = seconds() - begin;
    CHECK(!to.cut);
    free(in);
    free(out);
    return begin;
}

/* Twice as many words, or what may be some, take about twice the time. */
static void test_linear(void)
{
    static const char *const units[] = {"=?utf-8?q?a?=\r\n ",
                                        "=?iso-8859-1?q?=E9?= =?utf-8?b?YQ==?= ",
                                        "=?koi8-r?q?=E9?= =?iso-8859-5?q?=E9?= ",
                                        "=?a?q?",
                                        "=?",
                                        "=?aaaaaaaa",
                                        "=?a?q?a?a?a?",
                                        " \r\n",
                                        "=?a?q?a "};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        double half = time_of(units[i], 50000), whole = time_of(units[i], 100000);
        CHECK(whole < 5 * half + 0.1);
    }
}

int main(void)
{
    test_cases();
    test_prefixes();
    test_room();
    test_linear();
    return test_end("mail_encoded_word");
}
