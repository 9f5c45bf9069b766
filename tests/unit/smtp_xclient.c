/* smtp_xclient.c: XCLIENT and XFORWARD parsed, printed, and what is printed parsed back. */
#include "smtp/xclient.h"

#include "test.h"

#define ALL            ((UINT64_C(1) << XCLIENT_ATTRIBUTES) - 1)
#define BIT(attribute) (UINT64_C(1) << (attribute))

static const struct {
    const char *words;
    uint64_t offered;
} OFFERED_CASES[] = {
    {"", 0},
    {"NAME", BIT(XCLIENT_NAME)},
    {"NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT", BIT(XCLIENT_IDENT) - 1},
    {"NAME ADDR PORT PROTO HELO IDENT SOURCE",
     (BIT(XCLIENT_LOGIN) - 1) | BIT(XCLIENT_IDENT) | BIT(XCLIENT_SOURCE)},
    {"  addr\tPoRt  ", BIT(XCLIENT_ADDR) | BIT(XCLIENT_PORT)},
    {"NAME NAME", BIT(XCLIENT_NAME)},
    {"SHOESIZE ADDR ADDRESS NAME=", BIT(XCLIENT_ADDR)},
};

static const struct {
    const char *arguments;
    enum xclient_attribute attribute;
    const char *value; /* NULL: refused */
} PARSE_CASES[] = {
    {"NAME=client.example", XCLIENT_NAME, "client.example"},
    {"name=client.example", XCLIENT_NAME, "client.example"},
    {"  NAME=client.example \t", XCLIENT_NAME, "client.example"},
    {"NAME=under_score.example", XCLIENT_NAME, "under_score.example"},
    {"NAME=[UNAVAILABLE]", XCLIENT_NAME, "[UNAVAILABLE]"},
    {"NAME=[unavailable]", XCLIENT_NAME, "[unavailable]"},
    {"NAME=[TEMPUNAVAIL]", XCLIENT_NAME, "[TEMPUNAVAIL]"},
    {"NAME=[TempUnavail]", XCLIENT_NAME, "[TempUnavail]"},
    {"ADDR=192.0.2.1", XCLIENT_ADDR, "192.0.2.1"},
    {"ADDR=IPV6:2001:db8::1", XCLIENT_ADDR, "IPV6:2001:db8::1"},
    {"ADDR=ipv6:::1", XCLIENT_ADDR, "ipv6:::1"},
    {"ADDR=IPv6:::ffff:192.0.2.1", XCLIENT_ADDR, "IPv6:::ffff:192.0.2.1"},
    {"ADDR=+31+39+32.0.2.1", XCLIENT_ADDR, "192.0.2.1"},
    {"ADDR=[UNAVAILABLE]", XCLIENT_ADDR, "[UNAVAILABLE]"},
    {"PORT=0", XCLIENT_PORT, "0"},
    {"PORT=65535", XCLIENT_PORT, "65535"},
    {"PORT=[UNAVAILABLE]", XCLIENT_PORT, "[UNAVAILABLE]"},
    {"PROTO=SMTP", XCLIENT_PROTO, "SMTP"},
    {"PROTO=esmtp", XCLIENT_PROTO, "esmtp"},
    {"PROTO=[UNAVAILABLE]", XCLIENT_PROTO, "[UNAVAILABLE]"}, /* XFORWARD of a local submission */
    {"HELO=client.example", XCLIENT_HELO, "client.example"},
    {"HELO=[192.0.2.1]", XCLIENT_HELO, "[192.0.2.1]"},
    {"HELO=a+2Bb+3Dc", XCLIENT_HELO, "a+b=c"},
    {"LOGIN=user@example.org", XCLIENT_LOGIN, "user@example.org"},
    {"LOGIN=EXAMPLE\\John+20Doe", XCLIENT_LOGIN, "EXAMPLE\\John Doe"},
    {"LOGIN=j+C3+BCrgen", XCLIENT_LOGIN, "j\xc3\xbcrgen"},
    {"DESTADDR=IPV6:2001:db8::2", XCLIENT_DESTADDR, "IPV6:2001:db8::2"},
    {"DESTPORT=25", XCLIENT_DESTPORT, "25"},
    {"IDENT=4F2c9B1x2Yz", XCLIENT_IDENT, "4F2c9B1x2Yz"},
    {"SOURCE=LOCAL", XCLIENT_SOURCE, "LOCAL"},
    {"SOURCE=remote", XCLIENT_SOURCE, "remote"},
    {"SOURCE=[UNAVAILABLE]", XCLIENT_SOURCE, "[UNAVAILABLE]"},

    {"", XCLIENT_NAME, NULL},
    {" \t", XCLIENT_NAME, NULL},
    {"NAME", XCLIENT_NAME, NULL},
    {"NAME=", XCLIENT_NAME, NULL},
    {"=client.example", XCLIENT_NAME, NULL},
    {"NAMES=client.example", XCLIENT_NAME, NULL},
    {"NAME =client.example", XCLIENT_NAME, NULL},
    {"NAME=client.example NAME=client.example", XCLIENT_NAME, NULL},
    {"NAME=client.example name=other.example", XCLIENT_NAME, NULL},
    {"NAME=client.example SHOESIZE=45", XCLIENT_NAME, NULL},
    {"NAME=client.example ADDR", XCLIENT_NAME, NULL},
    {"NAME=a=b", XCLIENT_NAME, NULL},
    {"NAME=a+", XCLIENT_NAME, NULL},
    {"NAME=a+2", XCLIENT_NAME, NULL},
    {"NAME=a+zz", XCLIENT_NAME, NULL},
    {"NAME=a+0D+0ARCPT", XCLIENT_NAME, NULL},
    {"NAME=a+00", XCLIENT_NAME, NULL},
    {"NAME=a+7F", XCLIENT_NAME, NULL},
    {"NAME=a+20b", XCLIENT_NAME, NULL},
    {"NAME=b\xc3\xbc", XCLIENT_NAME, NULL},
    {"NAME=b+C3+BC", XCLIENT_NAME, NULL},
    {"NAME=a+28b+29", XCLIENT_NAME, NULL},
    {"NAME=[192.0.2.1]", XCLIENT_NAME, NULL},
    {"ADDR=client.example", XCLIENT_ADDR, NULL},
    {"ADDR=192.0.2.256", XCLIENT_ADDR, NULL},
    {"ADDR=192.0.2.01", XCLIENT_ADDR, NULL},
    {"ADDR=[192.0.2.1]", XCLIENT_ADDR, NULL},
    {"ADDR=192.0.2.1:25", XCLIENT_ADDR, NULL},
    {"ADDR=2001:db8::1", XCLIENT_ADDR, NULL},
    {"ADDR=IPV6:192.0.2.1", XCLIENT_ADDR, NULL},
    {"ADDR=IPV6:", XCLIENT_ADDR, NULL},
    {"ADDR=IPV6:fe80::1%eth0", XCLIENT_ADDR, NULL},
    {"ADDR=IPV6:IPV6:2001:db8::1", XCLIENT_ADDR, NULL},
    {"ADDR=[TEMPUNAVAIL]", XCLIENT_ADDR, NULL},
    {"PORT=65536", XCLIENT_PORT, NULL},
    {"PORT=-1", XCLIENT_PORT, NULL},
    {"PORT=+2B1", XCLIENT_PORT, NULL},
    {"PORT=25x", XCLIENT_PORT, NULL},
    {"PORT=18446744073709551641", XCLIENT_PORT, NULL},
    {"PROTO=LMTP", XCLIENT_PROTO, NULL},
    {"PROTO=ESMTPS", XCLIENT_PROTO, NULL},
    {"HELO=a+20b", XCLIENT_HELO, NULL},
    {"HELO=a+0Ab", XCLIENT_HELO, NULL},
    {"HELO=[UNAVAILABLE", XCLIENT_HELO, "[UNAVAILABLE"},
    {"LOGIN=a+0D", XCLIENT_LOGIN, NULL},
    {"LOGIN=a+C3", XCLIENT_LOGIN, NULL},
    {"DESTADDR=mx.example", XCLIENT_DESTADDR, NULL},
    {"DESTPORT=smtp", XCLIENT_DESTPORT, NULL},
    {"SOURCE=ELSEWHERE", XCLIENT_SOURCE, NULL},
};

static const char *const ADDRESSES[] = {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::", "::1", "::192.0.2.1"};

static void test_offered(void)
{
    for (size_t i = 0; i < sizeof(OFFERED_CASES) / sizeof(OFFERED_CASES[0]); i++)
        CHECK(xclient_offered(span_str(OFFERED_CASES[i].words)) == OFFERED_CASES[i].offered);
    CHECK(xclient_offered((struct span){0}) == 0);
}

static void test_parse(void)
{
    for (size_t i = 0; i < sizeof(PARSE_CASES) / sizeof(PARSE_CASES[0]); i++) {
        struct span arguments = span_str(PARSE_CASES[i].arguments);
        char bytes[256];
        struct text to = {bytes, 0, arguments.len, false};
        struct xclient client;
        unsigned attribute = PARSE_CASES[i].attribute;
        int before = test_failures;
        bool good = xclient_parse(arguments, ALL, &client, &to);

        CHECK(good == (PARSE_CASES[i].value != NULL));
        if (good) {
            for (unsigned other = 0; other < XCLIENT_ATTRIBUTES; other++)
                CHECK((client.values[other].ptr != NULL) == (other == attribute));
            CHECK_SPAN(client.values[attribute], span_str(PARSE_CASES[i].value));
            to.len = 0;
            CHECK(!xclient_parse(arguments, ALL & ~BIT(attribute), &client, &to));
            to.len = 0;
            CHECK(xclient_parse(arguments, BIT(attribute), &client, &to));
        }
        if (test_failures != before)
            fprintf(stderr, "  in \"%s\"\n", PARSE_CASES[i].arguments);
    }
}

/* Values of one command stand side by side, behind what is there already. */
static void test_parse_many(void)
{
    char bytes[128];
    struct text to = TEXT(bytes);
    struct xclient client;

    text_add(&to, SPAN("before"));
    REQUIRE(xclient_parse(SPAN("NAME=c.example ADDR=IPV6:2001:db8::1 HELO=x+2By"), ALL, &client, &to));
    CHECK_SPAN(client.values[XCLIENT_NAME], SPAN("c.example"));
    CHECK_SPAN(client.values[XCLIENT_ADDR], SPAN("IPV6:2001:db8::1"));
    CHECK_SPAN(client.values[XCLIENT_HELO], SPAN("x+y"));
    CHECK_SPAN(text_span(&to), SPAN("beforec.exampleIPV6:2001:db8::1x+y"));
    to.size = to.len + 3;
    CHECK(!xclient_parse(SPAN("NAME=c.example"), ALL, &client, &to));
    CHECK(!xclient_parse(SPAN("NAME=c\0.example"), ALL, &client, &(struct text){bytes, 0, 128, false}));
}

/* 255 octets are the most, decoded. */
static void test_parse_long(void)
{
    for (size_t len = 250; len < 260; len++) {
        char arguments[1024], bytes[1024];
        struct text text = TEXT(arguments), to = TEXT(bytes);
        struct xclient client;

        text_add(&text, SPAN("HELO="));
        for (size_t i = 0; i < len; i++)
            text_add(&text, SPAN("+61"));
        CHECK(xclient_parse(text_span(&text), ALL, &client, &to) == (len <= 255));
        CHECK(len > 255 || client.values[XCLIENT_HELO].len == len);
    }
}

static void test_address(void)
{
    struct ip ip, again;
    char bytes[64] = "";

    for (size_t i = 0; i < sizeof(ADDRESSES) / sizeof(ADDRESSES[0]); i++) {
        struct text text = TEXT(bytes);

        REQUIRE(ip_parse(span_str(ADDRESSES[i]), &ip));
        xclient_print_address(&text, &ip);
        CHECK(span_starts_nocase(text_span(&text), SPAN("IPV6:")) == (ip.family == 6));
        CHECK(xclient_address(text_span(&text), &again));
        CHECK(again.family == ip.family && memcmp(again.bytes, ip.bytes, sizeof(ip.bytes)) == 0);
    }
    struct text text = TEXT(bytes);
    ip = (struct ip){0};
    xclient_print_address(&text, &ip);
    CHECK_SPAN(text_span(&text), SPAN("[UNAVAILABLE]"));
    CHECK(!xclient_address(text_span(&text), &again) && again.family == 0);
    CHECK(!xclient_address((struct span){0}, &again));
    CHECK(xclient_address(SPAN("IPV6:::ffff:192.0.2.1"), &again) && again.family == 4);
}

static void test_print(void)
{
    struct xclient client = {{[XCLIENT_NAME] = SPAN("client.example"),
                              [XCLIENT_ADDR] = SPAN("192.0.2.1"),
                              [XCLIENT_PROTO] = SPAN("ESMTP"),
                              [XCLIENT_HELO] = SPAN("a+b=c"),
                              [XCLIENT_LOGIN] = SPAN("j\xc3\xbc d")}};
    char bytes[512];
    struct text text = TEXT(bytes);

    CHECK(xclient_print(&text, SPAN("XCLIENT"), &client, ALL) == 1);
    CHECK_SPAN(text_span(&text), SPAN("XCLIENT NAME=client.example ADDR=192.0.2.1 PROTO=ESMTP HELO=a+2Bb+3Dc "
                                      "LOGIN=j+C3+BC+20d\r\n"));
    text = TEXT(bytes);
    CHECK(xclient_print(&text, SPAN("XFORWARD"), &client, BIT(XCLIENT_ADDR) | BIT(XCLIENT_SOURCE)) == 1);
    CHECK_SPAN(text_span(&text), SPAN("XFORWARD ADDR=192.0.2.1\r\n"));
    text = TEXT(bytes);
    CHECK(xclient_print(&text, SPAN("XCLIENT"), &client, 0) == 0 && text.len == 0);
    CHECK(xclient_print(&text, SPAN("XCLIENT"), &client, BIT(XCLIENT_PORT)) == 0 && text.len == 0);
    text.size = 20;
    (void)xclient_print(&text, SPAN("XCLIENT"), &client, ALL);
    CHECK(text.cut);
}

/* What no server would take is not said. */
static void test_print_invalid(void)
{
    struct xclient client = {{[XCLIENT_NAME] = SPAN("a\r\nRCPT"),
                              [XCLIENT_ADDR] = SPAN("2001:db8::1"),
                              [XCLIENT_PORT] = SPAN("65536"),
                              [XCLIENT_PROTO] = SPAN("LMTP"),
                              [XCLIENT_HELO] = SPAN("two words"),
                              [XCLIENT_LOGIN] = SPAN("")}};
    char bytes[512];
    struct text text = TEXT(bytes);

    CHECK(xclient_print(&text, SPAN("XCLIENT"), &client, ALL) == 0 && text.len == 0);
    client.values[XCLIENT_LOGIN] = SPAN("a\x7f");
    client.values[XCLIENT_DESTPORT] = SPAN("25");
    CHECK(xclient_print(&text, SPAN("XCLIENT"), &client, ALL) == 1);
    CHECK_SPAN(text_span(&text), SPAN("XCLIENT DESTPORT=25\r\n"));
}

/* Every line is within the limit, and all of them together say everything but what no line can hold. */
static void test_print_lines(void)
{
    static char octets[255], bytes[4096];

    memset(octets, 'a', sizeof(octets));
    for (size_t name = 1; name <= 255; name++)
        for (size_t helo = 1; helo <= 255; helo++) {
            struct xclient client = {{[XCLIENT_NAME] = span_of(octets, name),
                                      [XCLIENT_ADDR] = SPAN("IPV6:2001:db8:1111:2222:3333:4444:5555:6666"),
                                      [XCLIENT_PORT] = SPAN("65535"),
                                      [XCLIENT_HELO] = span_of(octets, helo)}};
            struct text text = TEXT(bytes);
            size_t all = sizeof("XCLIENT NAME= ADDR= PORT= HELO=\r\n") - 1 + name + 43 + 5 + helo;
            unsigned lines = xclient_print(&text, SPAN("XCLIENT"), &client, ALL);

            CHECK(lines == (all <= XCLIENT_LINE_MAX ? 1 : 2));
            CHECK(text.len == all + (lines == 2 ? 9 : 0));
        }
}

static void test_print_too_long(void)
{
    static char octets[255], bytes[4096];

    memset(octets, '+', sizeof(octets));
    for (size_t len = 160; len < 170; len++) {
        struct xclient client = {{[XCLIENT_ADDR] = SPAN("192.0.2.1"),
                                  [XCLIENT_HELO] = span_of(octets, len),
                                  [XCLIENT_DESTPORT] = SPAN("25")}};
        struct text text = TEXT(bytes);
        bool fits = sizeof("XCLIENT HELO=\r\n") - 1 + 3 * len <= XCLIENT_LINE_MAX;
        unsigned lines = xclient_print(&text, SPAN("XCLIENT"), &client, ALL);

        /* 162 octets leave no room for DESTPORT beside them. */
        CHECK(!text.cut && lines == (!fits ? 1 : len < 162 ? 2 : 3));
        CHECK(fits == (memmem(text.ptr, text.len, "HELO", 4) != NULL));
        CHECK(memmem(text.ptr, text.len, "DESTPORT=25\r\n", 13) != NULL);
    }
}

int main(void)
{
    test_offered();
    test_parse();
    test_parse_many();
    test_parse_long();
    test_address();
    test_print();
    test_print_invalid();
    test_print_lines();
    test_print_too_long();
    return test_end("smtp_xclient");
}
