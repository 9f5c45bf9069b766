/* smtp_ehlo.c: tests of the keyword table, of EHLO lines taken in and of what a client is then offered. */
#include "smtp/ehlo.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ehlo_limits NO_LIMITS;

/* Every row of the table, with one line an upstream might send for it. */
static const struct {
    enum keyword keyword;
    const char *name;
    enum treatment treatment;
    const char *line;
    const char *printed;
} KEYWORD_CASES[] = {
    {KEYWORD_PIPELINING, "PIPELINING", TREATMENT_OWN, "pipelining", "PIPELINING"},
    {KEYWORD_SIZE, "SIZE", TREATMENT_REWRITE, "Size 10240000", "SIZE 10240000"},
    {KEYWORD_8BITMIME, "8BITMIME", TREATMENT_PASS, "8bitmime", "8BITMIME"},
    {KEYWORD_SMTPUTF8, "SMTPUTF8", TREATMENT_PASS, "SMTPUTF8", "SMTPUTF8"},
    {KEYWORD_DSN, "DSN", TREATMENT_PASS, "DSN", "DSN"},
    {KEYWORD_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES", TREATMENT_PASS, "EnhancedStatusCodes",
     "ENHANCEDSTATUSCODES"},
    {KEYWORD_CHUNKING, "CHUNKING", TREATMENT_PASS, "CHUNKING", "CHUNKING"},
    {KEYWORD_BINARYMIME, "BINARYMIME", TREATMENT_PASS, "BINARYMIME", "BINARYMIME"},
    {KEYWORD_AUTH, "AUTH", TREATMENT_PASS, "AUTH  PLAIN\tLOGIN ", "AUTH PLAIN LOGIN"},
    {KEYWORD_STARTTLS, "STARTTLS", TREATMENT_NEVER, "STARTTLS", "STARTTLS"},
    {KEYWORD_LIMITS, "LIMITS", TREATMENT_REWRITE, "LIMITS rcptmax=20 X=1 MAILMAX=5",
     "LIMITS MAILMAX=5 RCPTMAX=20"},
    {KEYWORD_DELIVERBY, "DELIVERBY", TREATMENT_PASS, "DELIVERBY 240", "DELIVERBY 240"},
    {KEYWORD_MT_PRIORITY, "MT-PRIORITY", TREATMENT_STRIP, "MT-PRIORITY MIXER", "MT-PRIORITY MIXER"},
    {KEYWORD_RRVS, "RRVS", TREATMENT_PASS, "RRVS", "RRVS"},
    {KEYWORD_REQUIRETLS, "REQUIRETLS", TREATMENT_NEVER, "REQUIRETLS", "REQUIRETLS"},
    {KEYWORD_NO_SOLICITING, "NO-SOLICITING", TREATMENT_PASS, "NO-SOLICITING net.example:ADV",
     "NO-SOLICITING net.example:ADV"},
    {KEYWORD_FUTURERELEASE, "FUTURERELEASE", TREATMENT_STRIP, "FUTURERELEASE 86400 2030-01-01T00:00:00Z",
     "FUTURERELEASE 86400 2030-01-01T00:00:00Z"},
    {KEYWORD_MTRK, "MTRK", TREATMENT_STRIP, "MTRK", "MTRK"},
    {KEYWORD_XVERP, "XVERP", TREATMENT_STRIP, "XVERP", "XVERP"},
    {KEYWORD_VRFY, "VRFY", TREATMENT_STRIP, "VRFY", "VRFY"},
    {KEYWORD_EXPN, "EXPN", TREATMENT_STRIP, "EXPN", "EXPN"},
    {KEYWORD_ETRN, "ETRN", TREATMENT_STRIP, "ETRN", "ETRN"},
    {KEYWORD_XCLIENT, "XCLIENT", TREATMENT_NEVER, "XCLIENT NAME ADDR", "XCLIENT NAME ADDR"},
    {KEYWORD_XFORWARD, "XFORWARD", TREATMENT_NEVER, "XFORWARD NAME ADDR", "XFORWARD NAME ADDR"},
    {KEYWORD_HELP, "HELP", TREATMENT_OWN, "HELP", "HELP"},
};

static struct ehlo ehlo_of(const char *const lines[], size_t count)
{
    struct ehlo ehlo;

    ehlo_clear(&ehlo);
    for (size_t i = 0; i < count; i++)
        ehlo_add_line(&ehlo, span_str(lines[i]));
    return ehlo;
}

static void check_printed(const struct ehlo *ehlo, const char *expected)
{
    char bytes[2048];
    struct text text = TEXT(bytes);

    ehlo_print(&text, ehlo, SPAN("mx"), SPAN(""));
    CHECK(!text.cut);
    CHECK_SPAN(text_span(&text), span_str(expected));
}

static void test_table(void)
{
    CHECK(COUNT(KEYWORD_CASES) == KEYWORD_COUNT);
    for (size_t i = 0; i < COUNT(KEYWORD_CASES); i++) {
        enum keyword keyword = KEYWORD_CASES[i].keyword;
        const char *const line = KEYWORD_CASES[i].line;
        struct ehlo ehlo = ehlo_of(&line, 1);
        char expected[256];

        CHECK(keyword == i);
        CHECK(ehlo_keyword(span_str(KEYWORD_CASES[i].name)) == keyword);
        CHECK_SPAN(span_str(ehlo_name(keyword)), span_str(KEYWORD_CASES[i].name));
        CHECK(ehlo_treatment(keyword) == KEYWORD_CASES[i].treatment);
        CHECK(ehlo.set == UINT64_C(1) << keyword);
        (void)snprintf(expected, sizeof(expected), "250-mx\r\n250 %s\r\n", KEYWORD_CASES[i].printed);
        check_printed(&ehlo, expected);
    }
    CHECK(ehlo_keyword(SPAN("XEXCH50")) == KEYWORD_NONE);
    CHECK(ehlo_keyword(SPAN("SIZ")) == KEYWORD_NONE);
    CHECK(ehlo_keyword(SPAN("SIZEX")) == KEYWORD_NONE);
    CHECK(ehlo_keyword(SPAN("")) == KEYWORD_NONE);
}

/* What each row's treatment comes to, with its bit allowed and without. */
static void test_offer_table(void)
{
    for (size_t i = 0; i < COUNT(KEYWORD_CASES); i++) {
        enum keyword keyword = KEYWORD_CASES[i].keyword;
        const char *const lines[] = {KEYWORD_CASES[i].line, "CHUNKING"};
        struct ehlo upstream = ehlo_of(lines, 2), nothing = ehlo_of(NULL, 0), out;
        uint64_t all = UINT64_MAX & ~(UINT64_C(1) << keyword);
        enum treatment treatment = KEYWORD_CASES[i].treatment;

        ehlo_offer(&out, &upstream, all, 0, 0, &NO_LIMITS);
        CHECK(ehlo_has(&out, keyword) == (treatment != TREATMENT_STRIP && treatment != TREATMENT_NEVER));
        ehlo_offer(&out, &upstream, UINT64_MAX, 0, 0, &NO_LIMITS);
        CHECK(ehlo_has(&out, keyword) == (treatment != TREATMENT_NEVER));
        if (ehlo_has(&out, keyword))
            CHECK_SPAN(ehlo_arguments(&out, keyword), ehlo_arguments(&upstream, keyword));
        ehlo_offer(&out, &nothing, UINT64_MAX, 1000, 0, &(struct ehlo_limits){1, 1, 1});
        CHECK(ehlo_has(&out, keyword) == (keyword == KEYWORD_PIPELINING));
    }
}

/* Lines that are hidden. */
static const char *const HIDDEN[] = {
    "",
    " ",
    " SIZE 1",
    "XEXCH50",
    "X-LINK2STATE",
    "SIZE abc",
    "SIZE -1",
    "SIZE 1 2",
    "SIZE 18446744073709551616",
    "SIZE=5",
    "LIMITS",
    "LIMITS RCPTMAX=",
    "LIMITS RCPTMAX=0",
    "LIMITS RCPTMAX=4294967296",
    "LIMITS RCPTMAXX=1",
    "AUTH PLA\x01IN",
    "DELIVERBY \xff",
    "AUTHX PLAIN",
    "8BITMIME=1",
    "STARTTLS\x0b",
};

static void test_hidden(void)
{
    for (size_t i = 0; i < COUNT(HIDDEN); i++) {
        struct ehlo ehlo = ehlo_of(&HIDDEN[i], 1);

        CHECK(ehlo.set == 0);
        CHECK(ehlo.used == 0 && ehlo.size == 0 && ehlo.limits.rcpt_max == 0);
    }
}

static const struct {
    const char *upstream;
    uint64_t own, growth, size;
    const char *arguments;
} SIZE_CASES[] = {
    {"SIZE 1000", 0, 0, 1000, "1000"},
    {"SIZE 1000", 400, 0, 400, "400"},
    {"SIZE 400", 1000, 0, 400, "400"},
    {"SIZE 1000", 0, 100, 900, "900"},
    {"SIZE 1000", 900, 100, 800, "800"},
    {"SIZE 0", 900, 100, 800, "800"},
    {"SIZE", 900, 100, 800, "800"},
    {"SIZE 0", 0, 100, 0, ""},
    {"SIZE", 0, 0, 0, ""},
    {"SIZE 100", 0, 100, 1, "1"},
    {"SIZE 100", 0, 1000, 1, "1"},
    {"SIZE 18446744073709551615", 0, 0, UINT64_MAX, "18446744073709551615"},
};

static void test_offer_size(void)
{
    for (size_t i = 0; i < COUNT(SIZE_CASES); i++) {
        struct ehlo upstream = ehlo_of(&SIZE_CASES[i].upstream, 1), out;

        ehlo_offer(&out, &upstream, 0, SIZE_CASES[i].own, SIZE_CASES[i].growth, &NO_LIMITS);
        CHECK(ehlo_has(&out, KEYWORD_SIZE));
        CHECK(out.size == SIZE_CASES[i].size);
        CHECK_SPAN(ehlo_arguments(&out, KEYWORD_SIZE), span_str(SIZE_CASES[i].arguments));
    }
}

static const struct {
    const char *upstream;
    struct ehlo_limits own;
    const char *arguments;
} LIMIT_CASES[] = {
    {"LIMITS MAILMAX=5 RCPTMAX=20 RCPTDOMAINMAX=1", {0, 0, 0}, "MAILMAX=5 RCPTMAX=20 RCPTDOMAINMAX=1"},
    {"LIMITS MAILMAX=5 RCPTMAX=20", {10, 10, 10}, "MAILMAX=5 RCPTMAX=10 RCPTDOMAINMAX=10"},
    {"LIMITS RCPTMAX=20", {0, 100, 0}, "RCPTMAX=20"},
    {"LIMITS RCPTMAX=4294967295", {0, 0, 0}, "RCPTMAX=4294967295"},
};

static void test_offer_limits(void)
{
    for (size_t i = 0; i < COUNT(LIMIT_CASES); i++) {
        struct ehlo upstream = ehlo_of(&LIMIT_CASES[i].upstream, 1), out;

        ehlo_offer(&out, &upstream, 0, 0, 0, &LIMIT_CASES[i].own);
        CHECK_SPAN(ehlo_arguments(&out, KEYWORD_LIMITS), span_str(LIMIT_CASES[i].arguments));
    }
}

static const struct {
    const char *lines[2];
    const char *mechanisms; /* NULL: AUTH vanishes */
} AUTH_CASES[] = {
    {{"AUTH PLAIN LOGIN", ""}, "PLAIN LOGIN"},
    {{"AUTH=PLAIN LOGIN", ""}, "PLAIN LOGIN"},
    {{"AUTH PLAIN", "AUTH=LOGIN plain"}, "PLAIN LOGIN"},
    {{"AUTH=LOGIN", "auth=PLAIN"}, "LOGIN PLAIN"},
    {{"AUTH GSSAPI NTLM PLAIN EXTERNAL", ""}, "PLAIN"},
    {{"AUTH gss-spnego digest-md5 CRAM-MD5", ""}, "CRAM-MD5"},
    {{"AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 scram-sha-1-plus", ""}, "SCRAM-SHA-256"},
    {{"AUTH X-PLUS SCRAM-PLUSX PLUS", ""}, "X-PLUS SCRAM-PLUSX PLUS"},
    {{"AUTH GSSAPI NTLM", "AUTH=NTLM"}, NULL},
    {{"AUTH", "AUTH="}, NULL},
};

static void test_offer_auth(void)
{
    for (size_t i = 0; i < COUNT(AUTH_CASES); i++) {
        struct ehlo upstream = ehlo_of(AUTH_CASES[i].lines, 2), out;

        ehlo_offer(&out, &upstream, 0, 0, 0, &NO_LIMITS);
        CHECK(ehlo_has(&out, KEYWORD_AUTH) == (AUTH_CASES[i].mechanisms != NULL));
        CHECK_SPAN(ehlo_arguments(&out, KEYWORD_AUTH), span_str(AUTH_CASES[i].mechanisms));
    }
}

static void test_mechanism(void)
{
    const char *const line = "AUTH PLAIN LOGIN";
    struct ehlo ehlo = ehlo_of(&line, 1);

    CHECK(ehlo_offers_mechanism(&ehlo, SPAN("login")));
    CHECK(ehlo_offers_mechanism(&ehlo, SPAN("PLAIN")));
    CHECK(!ehlo_offers_mechanism(&ehlo, SPAN("PLAI")));
    CHECK(!ehlo_offers_mechanism(&ehlo, SPAN("PLAIN LOGIN")));
    CHECK(!ehlo_offers_mechanism(&ehlo, SPAN("")));
    ehlo_remove(&ehlo, KEYWORD_AUTH);
    CHECK(!ehlo_offers_mechanism(&ehlo, SPAN("PLAIN")));
}

static void test_binarymime_needs_chunking(void)
{
    const char *const lines[] = {"BINARYMIME", "CHUNKING"};
    struct ehlo upstream = ehlo_of(lines, 1), out;

    ehlo_offer(&out, &upstream, UINT64_MAX, 0, 0, &NO_LIMITS);
    CHECK(!ehlo_has(&out, KEYWORD_BINARYMIME));
    upstream = ehlo_of(lines, 2);
    ehlo_offer(&out, &upstream, 0, 0, 0, &NO_LIMITS);
    CHECK(ehlo_has(&out, KEYWORD_BINARYMIME) && ehlo_has(&out, KEYWORD_CHUNKING));
}

/* Replacing and removing never leaks room nor disturbs another keyword's arguments. */
static void test_room(void)
{
    struct ehlo ehlo;
    char words[500];

    ehlo_clear(&ehlo);
    CHECK(ehlo_set(&ehlo, KEYWORD_DELIVERBY, SPAN("240")));
    CHECK(ehlo_set(&ehlo, KEYWORD_DSN, SPAN("")));
    CHECK(ehlo_set(&ehlo, KEYWORD_AUTH, SPAN("PLAIN")));
    for (int i = 0; i < 1000; i++) {
        CHECK(ehlo_set(&ehlo, KEYWORD_DELIVERBY, i % 2 != 0 ? SPAN("1") : SPAN("86400")));
        CHECK(ehlo_set(&ehlo, KEYWORD_AUTH, SPAN("LOGIN PLAIN")));
    }
    CHECK_SPAN(ehlo_arguments(&ehlo, KEYWORD_DELIVERBY), SPAN("1"));
    CHECK_SPAN(ehlo_arguments(&ehlo, KEYWORD_AUTH), SPAN("LOGIN PLAIN"));
    CHECK(ehlo.used == sizeof("1LOGIN PLAIN") - 1);

    memset(words, 'x', sizeof(words));
    CHECK(ehlo_set(&ehlo, KEYWORD_AUTH, span_of(words, sizeof(words))));
    CHECK(!ehlo_set(&ehlo, KEYWORD_MT_PRIORITY, span_of(words, 300)));
    CHECK(!ehlo_has(&ehlo, KEYWORD_MT_PRIORITY));
    /* 512 octets of a reply line hold 500 behind "250-AUTH " but not behind a longer name. */
    ehlo_clear(&ehlo);
    CHECK(!ehlo_set(&ehlo, KEYWORD_NO_SOLICITING, span_of(words, sizeof(words))));
    CHECK(ehlo.set == 0);
}

static void test_print(void)
{
    const char *const lines[] = {"DSN", "SIZE 5", "8BITMIME"};
    struct ehlo ehlo = ehlo_of(lines, 3);
    char bytes[256];
    struct text text = TEXT(bytes);

    ehlo_print(&text, &ehlo, SPAN("mx.example"), SPAN("at your\r\nservice"));
    CHECK_SPAN(text_span(&text),
               SPAN("250-mx.example at your??service\r\n250-SIZE 5\r\n250-8BITMIME\r\n250 DSN\r\n"));
    ehlo_clear(&ehlo);
    check_printed(&ehlo, "250 mx\r\n");
}

int main(void)
{
    test_table();
    test_offer_table();
    test_hidden();
    test_offer_size();
    test_offer_limits();
    test_offer_auth();
    test_mechanism();
    test_binarymime_needs_chunking();
    test_room();
    test_print();
    return test_end("smtp_ehlo");
}
