/* mail_content.c: tests of Content-Type and Content-Disposition: what each field comes to, written as
 * "type/subtype name=value|…", a star behind the names that had RFC 2231's marks. */
#include "mail/content.h"

#include <time.h>

#include "test.h"

#define SYNTAX  UINT64_C(1) << ANOMALY_PARAMETER_SYNTAX
#define MANY    UINT64_C(1) << ANOMALY_PARAMETERS_MANY
#define OCTETS  UINT64_C(1) << ANOMALY_HEADER_OCTETS
#define UNKNOWN UINT64_C(1) << ANOMALY_CHARSET_UNKNOWN
#define INVALID UINT64_C(1) << ANOMALY_CHARSET_INVALID
#define WORD    UINT64_C(1) << ANOMALY_ENCODED_WORD

struct content_case {
    const char *in, *out;
    uint64_t anomalies;
};

static const struct content_case types[] = {
    {NULL, "/", 0},
    {"", "/", 0},
    {" text/plain", "text/plain", 0},
    {" TEXT / Plain \r\n\t", "text/plain", 0},
    {"text/plain; charset=us-ascii", "text/plain charset=us-ascii", 0},
    {"text/plain; Charset = US-ASCII", "text/plain charset=US-ASCII", 0},
    {"text/plain;charset=\"us-ascii\"", "text/plain charset=us-ascii", 0},
    /* RFC 2045 5.1 */
    {" text/plain; charset=us-ascii (Plain text)", "text/plain charset=us-ascii", 0},
    {"(c) text (c(c)\\) c) / (c) plain (c); (c) charset (c) = (c) us-ascii (c;c)",
     "text/plain charset=us-ascii", 0},
    {"multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\"", "multipart/mixed boundary=gc0pJq0M:08jU534c0p", 0},
    {"a/b; x=\"q\\\"u\\\\o\\t\"", "a/b x=q\"u\\ot", 0},
    {"a/b; x=\"one\r\n two\"; y=\"\"", "a/b x=one two|y=", 0},
    {"a/b; x=\"a;b=c\"; y=1", "a/b x=a;b=c|y=1", 0},
    {"a/b;", "a/b", 0},
    {"a/b;; ;x=1;", "a/b x=1", 0},
    {"a/b; x=1; X=2; x=1", "a/b x=1|x=2|x=1", 0},
    /* values that should have been quoted */
    {"a/b; name=my file.txt; x=1", "a/b name=my file.txt|x=1", SYNTAX},
    {"a/b; name=a/b:c@d[e]?.txt", "a/b name=a/b:c@d[e]?.txt", SYNTAX},
    {"a/b; name=report (1).pdf", "a/b name=report (1).pdf", SYNTAX},
    {"a/b; name=report(1); y=2", "a/b name=report|y=2", 0},
    {"a/b; name=a\"b c\"d", "a/b name=a\"b c\"d", SYNTAX},
    {"a/b; boundary==_x", "a/b boundary==_x", SYNTAX},
    {"a/b; name=\r\n x.txt", "a/b name=x.txt", 0},
    /* ";" is missing, or something else stands there */
    {"a/b; x=1\r\n y=2 z = \"3\"w=4", "a/b x=1|y=2|z=3|w=4", SYNTAX},
    {"a/b x=1", "a/b x=1", SYNTAX},
    {"a/b, x=1; y=2", "a/b x=1|y=2", SYNTAX},
    {"text/plain/format; x=1", "text/plain x=1", SYNTAX},
    {"a/b; junk; x=1", "a/b x=1", SYNTAX},
    {"a/b; =1; x=1", "a/b x=1", SYNTAX},
    {"a/b; = ; x=; y=1", "a/b y=1", SYNTAX},
    {"a/b; \"x\"=1; y=2", "a/b y=2", SYNTAX},
    {"\"text/html\"; charset=x", "text/html charset=x", SYNTAX},
    {"charset=utf-8; x=1", "/ charset=utf-8|x=1", 0},
    {"text; charset=x", "text/ charset=x", 0},
    {"/plain; x=1", "/plain x=1", 0},
    {"t\xc3\xa9xt/b", "t\xc3\xa9xt/b", 0},
    {"a\x7f"
     "b/c; x\x01y=1",
     "a/", SYNTAX},
    {"a/b; x=\"one\n\ttwo\"", "a/b x=one\ttwo", 0},
    /* what has no end: both readings */
    {"a/b; x=\"one; y=2", "a/b x=one; y=2|x=one|y=2", SYNTAX},
    {"a/b; x=\"one; y=\"two", "a/b x=one; y=|x=one; y=two", SYNTAX},
    {"a/b; x=\"  ", "a/b x=  ", SYNTAX},
    {"a/b; x=\"a\\", "a/b x=a\\|x=a\\", SYNTAX},
    {"a/b; (x=1; y=2", "a/b y=2", SYNTAX},
    {"a/b; x=1 (y; z=2", "a/b x=1 (y|z=2", SYNTAX},
    {"(text/plain; x=1", "/ x=1", SYNTAX},
    /* something behind the quotes: both readings */
    {"a/b; name=\"x.txt\".exe; y=1", "a/b name=x.txt|name=x.txt.exe|y=1", SYNTAX},
    {"a/b; name=\"a\" \"b\"", "a/b name=a|name=a b", SYNTAX},
    {"a/b; name=\"a\" (c)", "a/b name=a", 0},
    /* RFC 2231 3 and 4 */
    {"message/external-body; access-type=URL; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/x.tar\"",
     "message/external-body access-type=URL|url*=ftp://cs.utk.edu/x.tar", 0},
    {"application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
     "application/x-stuff title*=This is ***fun***", 0},
    {"application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n "
     "title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
     "\r\n title*2=\"isn't it!\"",
     "application/x-stuff title*=This is even more ***fun*** isn't it!", 0},
    {"a/b; x*2=c; y=1; x*0=a; x*1=b", "a/b x*=abc|y=1", 0},
    {"a/b; X*1*=%e9b; x*0*=iso-8859-1''a",
     "a/b x*=a\xc3\xa9"
     "b",
     0},
    {"a/b; x*0*=utf-8''%e2%82; x*1*=%ac", "a/b x*=\xe2\x82\xac", 0},
    {"a/b; x*0*=utf-8''a%20; x*1=b%20", "a/b x*=a b%20", 0},
    {"a/b; x*0=a%20; x*1*=b%20", "a/b x*=a%20b ", 0},
    {"a/b; x*0=a; x*1=b; x*2=c; x*3=d; x*4=e; x*5=f; x*6=g; x*7=h; x*8=i; x*9=j; x*10=k",
     "a/b x*=abcdefghijk", 0},
    {"a/b; x*=''a%zz%4", "a/b x*=a%zz%4", SYNTAX},
    {"a/b; x*=utf-8''%00%41", "a/b x*=", UINT64_C(1) << ANOMALY_NUL},
    {"a/b; x*=plain", "a/b x*=plain", SYNTAX},
    {"a/b; x*=utf-8'plain", "a/b x*=utf-8'plain", SYNTAX},
    {"a/b; x*=\"iso-8859-1''%e9\"", "a/b x*=\xc3\xa9", 0},
    {"a/b; x*=none''%e9", "a/b x*=\xc3\xa9", UNKNOWN | INVALID},
    {"a/b; x*=utf-8''%e9", "a/b x*=\xef\xbf\xbd", INVALID},
    {"a/b; x*0=c; x=a; y*0=e; x*1=d; x=b", "a/b x*=cd|x=a|y*=e|x=b", 0},
    {"a/b; x=a; x*=utf-8''b; x*0=c", "a/b x=a|x*=b|x*=c", 0},
    /* sections that are missing, or there twice: every reading */
    {"a/b; x*0=a; x*2=c", "a/b x*=ac|x*=a", SYNTAX},
    {"a/b; x*1=b", "a/b x*=b", SYNTAX},
    {"a/b; x*0=a; x*1=b; x*1=c", "a/b x*=ab|x*=ac", SYNTAX},
    {"a/b; x*0=a; x*0=b; x*2=c", "a/b x*=ac|x*=bc|x*=a", SYNTAX},
    {"a/b; x*00=a", "a/b x*=a", SYNTAX},
    {"a/b; x*01=b; x*0=a", "a/b x*=ab", SYNTAX},
    {"a/b; x*999999999999=b", "a/b x*=b", SYNTAX},
    {"a/b; x**=b; *=c; *0=d; x*y=e", "a/b x=b|x=e", SYNTAX},
    /* encoded words, which the standard forbids here (RFC 2047 5) */
    {"a/b; name=\"=?utf-8?q?=C3=A9?= x.txt\"", "a/b name=\xc3\xa9 x.txt", 0},
    {"a/b; name==?utf-8?q?=C3=A9?=.txt; x=1", "a/b name=\xc3\xa9.txt|x=1", SYNTAX},
    {"a/b; name==?utf-8?b?w6k=?= =?utf-8?b?w6k=?=; x=1", "a/b name=\xc3\xa9\xc3\xa9|x=1", SYNTAX},
    {"a/b; name=\"=?utf-8?q?a\r\n b?=\"", "a/b name=a b", WORD},
    {"a/b; name*0=\"=?utf-8?q?=C3\"; name*1=\"=A9?=\"", "a/b name*=\xc3\xa9", 0},
    {"a/b; name=\"=?x\"", "a/b name==?x", WORD},
    {"a/b; name=\" =x \"", "a/b name= =x ", 0},
    /* beyond ASCII */
    {"a/b; name=\"\xc3\xa9\"; x=\xe9", "a/b name=\xc3\xa9|x=\xc3\xa9", OCTETS},
};

static const struct content_case dispositions[] = {
    {"attachment", "attachment", 0},
    {"Attachment; filename=a.txt", "attachment filename=a.txt", 0},
    {"filename=a.txt", " filename=a.txt", 0},
    {"inline/x; filename=a", "inline filename=a", SYNTAX},
    {"attachment;\r\n\tfilename=\"=?utf-8?Q?A=2E?=\r\n =?utf-8?Q?PDF?=\"", "attachment filename=A.PDF", 0},
    {"attachment; filename=\"../x\\\\y\"; size=1", "attachment filename=../x\\y|size=1", 0},
};

static void print(const struct content *content, bool disposition, struct text *to)
{
    text_add(to, content->type);
    if (!disposition)
        text_char(to, '/');
    text_add(to, content->subtype);
    for (unsigned i = 0; i < content->count; i++) {
        const struct content_parameter *parameter = &content->parameters[i];
        text_char(to, i == 0 ? ' ' : '|');
        text_add(to, parameter->name);
        text_add(to, parameter->extended ? SPAN("*=") : SPAN("="));
        text_add(to, parameter->value);
    }
}

/* With memory that ends where the field and the room do. */
static void run(const struct content_case *the_case, bool disposition)
{
    size_t len = the_case->in != NULL ? strlen(the_case->in) : 0, room = 4 * len + 8;
    char bytes[1024], *in = malloc(len), *octets = malloc(room);
    struct text printed = TEXT(bytes), to = {octets, 0, room, false};
    struct content content;

    REQUIRE(in != NULL && octets != NULL);
    if (len != 0)
        memcpy(in, the_case->in, len);
    content_parse(the_case->in != NULL ? span_of(in, len) : span_of(NULL, 0), disposition, &content, &to);
    print(&content, disposition, &printed);
    if (the_case->anomalies == UINT64_C(1) << ANOMALY_NUL)
        printed.len = strlen("a/b x*=");
    CHECK_SPAN(text_span(&printed), span_str(the_case->out));
    CHECK(content.anomalies == the_case->anomalies);
    if (content.anomalies != the_case->anomalies)
        fprintf(stderr, "  %s: %#llx\n", the_case->in, (unsigned long long)content.anomalies);
    free(in);
    free(octets);
}

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        run(&types[i], false);
    for (size_t i = 0; i < sizeof(dispositions) / sizeof(dispositions[0]); i++)
        run(&dispositions[i], true);
}

/* Whatever the room: nothing is written beyond it, and what does not fit is left out and said. */
static void test_room(void)
{
    struct span in = SPAN("text/plain; a=\"one\"; name*0*=utf-8''%e2%82%ac; name*1=two; z=3");

    for (size_t room = 0; room < 2 * in.len; room++) {
        char *octets = malloc(room), bytes[512];
        struct text to = {octets, 0, room, false}, printed = TEXT(bytes);
        struct content content;
        bool whole;
        REQUIRE(octets != NULL);
        content_parse(in, false, &content, &to);
        print(&content, false, &printed);
        whole = span_eq(text_span(&printed), SPAN("text/plain a=one|name*=\xe2\x82\xactwo|z=3"));
        CHECK(whole == (content.anomalies == 0) && to.len <= room);
        free(octets);
    }
}

static void test_parameter(void)
{
    char bytes[256];
    struct text to = TEXT(bytes);
    struct content content;

    content_parse(SPAN("a/b; x=1; Y=2; X=3"), false, &content, &to);
    CHECK_SPAN(content_parameter(&content, SPAN("x"), 0)->value, SPAN("1"));
    CHECK_SPAN(content_parameter(&content, SPAN("x"), 1)->value, SPAN("3"));
    CHECK_SPAN(content_parameter(&content, SPAN("y"), 0)->value, SPAN("2"));
    CHECK(content_parameter(&content, SPAN("x"), 2) == NULL);
    CHECK(content_parameter(&content, SPAN("z"), 0) == NULL);
}

static void test_many(void)
{
    char in[4096], bytes[8192];
    struct text field = TEXT(in), to = TEXT(bytes);
    struct content content;

    text_add(&field, SPAN("a/b"));
    for (unsigned i = 0; i < CONTENT_PARAMETERS_MAX; i++)
        text_format(&field, "; p%u=%u", i, i);
    content_parse(text_span(&field), false, &content, &to);
    CHECK(content.count == CONTENT_PARAMETERS_MAX && content.anomalies == 0);
    text_add(&field, SPAN("; boundary=x"));
    to.len = 0;
    content_parse(text_span(&field), false, &content, &to);
    CHECK(content.count == CONTENT_PARAMETERS_MAX && content.anomalies == MANY);
    CHECK_SPAN(content.parameters[CONTENT_PARAMETERS_MAX - 1].value, SPAN("63"));
}

static double time_of(const char *unit, size_t times)
{
    size_t len = strlen(unit);
    char *in = malloc(8 + times * len), *out = malloc(8 + 4 * times * len);
    struct text field = {in, 0, 8 + times * len, false}, to = {out, 0, 8 + 4 * times * len, false};
    struct content content;
    struct timespec begin, end;

    REQUIRE(in != NULL && out != NULL);
    text_add(&field, SPAN("a/b; "));
    for (size_t i = 0; i < times; i++)
        text_add(&field, span_str(unit));
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    content_parse(text_span(&field), false, &content, &to);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    free(in);
    free(out);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
}

static void test_linear(void)
{
    static const char *const units[] = {
        "x=1; ",     "x*0=1; ", "x ",   "x=(",    "x=\"", "(",     "()",   "()x", ";",
        "x=\"a\"b ", "x\"",     "a b=", "=?a?q?", "\\",   "x*=a'", "\"\"", "a ()"};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        double half = time_of(units[i], 100000), whole = time_of(units[i], 200000);
        CHECK(whole < 5 * half + 0.1);
        if (whole >= 5 * half + 0.1)
            fprintf(stderr, "  %s: %.3f %.3f s\n", units[i], half, whole);
    }
}

int main(void)
{
    test_cases();
    test_room();
    test_parameter();
    test_many();
    test_linear();
    return test_end("mail_content");
}
