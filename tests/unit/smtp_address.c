/* smtp_address.c: paths, mailboxes and HELO arguments: the grammar, the limits at their edges, and one
 * printed form for every spelling. */
#include "smtp/address.h"

#include "test.h"

#define S(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

static const struct address_limits standard = {64, 255, 256};
static const struct address_limits wide = {1000, 1000, 4000};

/* --- paths -----------------------------------------------------------------------------------------------
 */

enum { ASCII = 1, UTF8 = 2, BOTH = 3 };

struct path_case {
    struct span input;
    unsigned modes; /* without SMTPUTF8, with it, or both */
    int result;     /* octets consumed or an error, the same for both kinds of path */
    const char *printed;
};

static const struct path_case paths[] = {
    {S("<a@b>"), BOTH, 5, "a@b"},
    {S("<John.Doe+tag@Example.ORG> SIZE=5"), BOTH, 26, "John.Doe+tag@Example.ORG"},
    {S("<!#$%&'*+-/=?^_`{|}~@x-1.y>"), BOTH, 27, "!#$%&'*+-/=?^_`{|}~@x-1.y"},
    {S("<a@1.2.3.4>"), BOTH, 11, "a@1.2.3.4"},
    {S("<a@[192.0.2.1]>"), BOTH, 15, "a@[192.0.2.1]"},
    {S("<a@[IPv6:2001:db8::1]>"), BOTH, 22, "a@[IPv6:2001:db8::1]"},
    {S("<a@[ipv6:::ffff:192.0.2.1]>"), BOTH, 27, "a@[ipv6:::ffff:192.0.2.1]"},
    {S("<a@[X400:c=de;p=x]>"), BOTH, 19, "a@[X400:c=de;p=x]"},
    /* quoted strings: one mailbox, one spelling */
    {S("<\"john\"@x>"), BOTH, 10, "john@x"},
    {S("<\"j.o\"@x>"), BOTH, 9, "j.o@x"},
    {S("<\"j\\o\\hn\"@x>"), BOTH, 12, "john@x"},
    {S("<\"a b\"@x>"), BOTH, 9, "\"a b\"@x"},
    {S("<\"a\\ b\"@x>"), BOTH, 10, "\"a b\"@x"},
    {S("<\"a\\\"b\\\\\"@x>"), BOTH, 12, "\"a\\\"b\\\\\"@x"},
    {S("<\".a\"@x>"), BOTH, 8, "\".a\"@x"},
    {S("<\"a.\"@x>"), BOTH, 8, "\"a.\"@x"},
    {S("<\"a..b\"@x>"), BOTH, 10, "\"a..b\"@x"},
    {S("<\"\"@x>"), BOTH, 6, "\"\"@x"},
    {S("<\">@<\"@x>"), BOTH, 9, "\">@<\"@x"},
    {S("<\"a@b\"@c>"), BOTH, 9, "\"a@b\"@c"},
    {S("<\"Postmaster\"@x>"), BOTH, 16, "Postmaster@x"},
    {S("<Postmaster@x>"), BOTH, 14, "Postmaster@x"},
    /* source routes are dropped */
    {S("<@a,@b:c@d>"), BOTH, 11, "c@d"},
    {S("<@a.b:\"c\"@d>"), BOTH, 12, "c@d"},
    /* RFC 6531 */
    {S("<\xc3\xa9@x>"), UTF8, 6, "\xc3\xa9@x"},
    {S("<\"\xc3\xa9\"@x>"), UTF8, 8, "\xc3\xa9@x"},
    {S("<\"\xc3\xa9 \"@x>"), UTF8, 9, "\"\xc3\xa9 \"@x"},
    {S("<a@b\xc3\xbc.example>"), UTF8, 15, "a@b\xc3\xbc.example"},
    {S("<\xf0\x9f\x93\xa7@x>"), UTF8, 8, "\xf0\x9f\x93\xa7@x"},
    {S("<\xc3\xa9@x>"), ASCII, ADDRESS_NEEDS_UTF8, NULL},
    {S("<a@b\xc3\xbc>"), ASCII, ADDRESS_NEEDS_UTF8, NULL},
    {S("<@\xc3\xbc:a@b>"), ASCII, ADDRESS_NEEDS_UTF8, NULL},
    {S("<\xff@x>"), ASCII, ADDRESS_NEEDS_UTF8, NULL},
    {S("<\xff@x>"), UTF8, ADDRESS_BAD_UTF8, NULL},
    {S("<a\xc3@x>"), UTF8, ADDRESS_BAD_UTF8, NULL},
    {S("<\xc0\xaf@x>"), UTF8, ADDRESS_BAD_UTF8, NULL},
    {S("<\xed\xa0\x80@x>"), UTF8, ADDRESS_BAD_UTF8, NULL},
    {S("<@\xc3:a@b>"), UTF8, ADDRESS_BAD_UTF8, NULL},
    {S("<\"a\\\xc3\xa9\"@x>"), BOTH, ADDRESS_SYNTAX, NULL},
    /* what must not be read as a path (A-26) */
    {S(""), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("a@b"), BOTH, ADDRESS_SYNTAX, NULL},
    {S(" <a@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("< a@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b >"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<<a@b>>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<.a@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a.@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a..b@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a b@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a(x)@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b(x)>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a\"b@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a\".b@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a\"b\"@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a\"\"b\"@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a\\\"@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"\\"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"a\tb\"@c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"x\r\nDATA\r\n\"@y>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"x\\\r\\\n\"@y>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"x\0y\"@z>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<x\0@z>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<x@z\0>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a\x7f@b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b.>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@.b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b..c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@-b>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b->"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b-.c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@b_c>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[192.0.2.1>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[192.0.2.1]x>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[192.0.2]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[192.0.2.256]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[192.0.2.1\0]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[2001:db8::1]>"), BOTH, 17, "a@[2001:db8::1]"}, /* by the grammar a General-address-literal */
    {S("<a@[::1]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[IPv6:]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[IPv6:192.0.2.1]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[IPv6:1::2::3]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[x-:y]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[x_:y]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[x:]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[x:y z]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<a@[x:y[z]>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@a,c@d>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@a,:c@d>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@a,b:c@d>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@a:>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@:c@d>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<@[192.0.2.1]:c@d>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<Postmasterx>"), BOTH, ADDRESS_SYNTAX, NULL},
    {S("<\"Postmaster\">"), BOTH, ADDRESS_SYNTAX, NULL},
};

/* What is printed must be read as the same mailbox and be printed alike. */
static void check_printed(const struct path *path, struct span expected)
{
    char first_bytes[600], second_bytes[600];
    struct text first = TEXT(first_bytes), second = TEXT(second_bytes);
    struct path again;

    address_print(&first, path);
    CHECK(!first.cut);
    if (expected.ptr != NULL)
        CHECK_SPAN(text_span(&first), expected);
    CHECK(address_mailbox(text_span(&first), &wide, true, &again) == 0);
    CHECK(again.utf8 == path->utf8 && span_eq(again.domain, path->domain));
    CHECK(again.local.len <= path->local.len);
    address_print(&second, &again);
    CHECK(second.len == first.len && memcmp(second_bytes, first_bytes, first.len) == 0);
}

static void check_path(const struct path_case *c, bool utf8)
{
    struct path reverse, forward;

    CHECK(address_reverse_path(c->input, &standard, utf8, &reverse) == c->result);
    CHECK(address_forward_path(c->input, &standard, utf8, &forward) == c->result);
    if (c->result < 0)
        return;
    CHECK(span_eq(forward.local, reverse.local) && span_eq(forward.domain, reverse.domain));
    CHECK(!reverse.null && !forward.postmaster && reverse.local.ptr > c->input.ptr);
    check_printed(&reverse, span_str(c->printed));
}

static void test_paths(void)
{
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int before = test_failures;
        if ((paths[i].modes & ASCII) != 0)
            check_path(&paths[i], false);
        if ((paths[i].modes & UTF8) != 0)
            check_path(&paths[i], true);
        if (test_failures != before)
            fprintf(stderr, "in \"%.*s\"\n", (int)paths[i].input.len, paths[i].input.ptr);
    }
}

/* <> is a reverse-path only, <Postmaster> a forward-path only. */
static void test_special_paths(void)
{
    struct path path;
    char bytes[32];
    struct text text = TEXT(bytes);

    CHECK(address_reverse_path(SPAN("<> BODY=7BIT"), &standard, false, &path) == 2);
    CHECK(path.null && path.local.len == 0 && path.domain.len == 0);
    address_print(&text, &path);
    CHECK(text.len == 0);
    CHECK(address_forward_path(SPAN("<>"), &standard, false, &path) == ADDRESS_SYNTAX);
    CHECK(address_forward_path(SPAN("<pOSTMASTER> X"), &standard, false, &path) == 12);
    CHECK(path.postmaster && !path.null && path.domain.len == 0);
    address_print(&text, &path);
    CHECK_SPAN(text_span(&text), SPAN("pOSTMASTER"));
    CHECK(address_reverse_path(SPAN("<Postmaster>"), &standard, false, &path) == ADDRESS_SYNTAX);
}

static void test_mailbox(void)
{
    struct path path;

    CHECK(address_mailbox(SPAN("\"a\"@b"), &standard, false, &path) == 0);
    CHECK_SPAN(path.local, SPAN("\"a\""));
    CHECK_SPAN(path.domain, SPAN("b"));
    CHECK(address_mailbox(SPAN("a@[192.0.2.1]"), &standard, false, &path) == 0);
    CHECK(address_mailbox(SPAN("a@b "), &standard, false, &path) == ADDRESS_SYNTAX);
    CHECK(address_mailbox(SPAN("<a@b>"), &standard, false, &path) == ADDRESS_SYNTAX);
    CHECK(address_mailbox(SPAN("@c:a@b"), &standard, false, &path) == ADDRESS_SYNTAX);
    CHECK(address_mailbox(SPAN(""), &standard, false, &path) == ADDRESS_SYNTAX);
    CHECK(address_mailbox(SPAN("\xc3\xa9@b"), &standard, false, &path) == ADDRESS_NEEDS_UTF8);
    CHECK(address_mailbox(SPAN("\xc3\xa9@b"), &standard, true, &path) == 0 && path.utf8);
}

/* --- limits ----------------------------------------------------------------------------------------------
 */

/* "<local@domain>" with parts of so many octets; quoted: two of the local part are quotes. */
static int sized_path(size_t local, size_t domain, bool quoted, const struct address_limits *limits)
{
    char bytes[1200];
    struct text text = TEXT(bytes);
    struct path path;

    text_char(&text, '<');
    for (size_t i = 0; i < local; i++)
        text_char(&text, quoted && (i == 0 || i + 1 == local) ? '"' : 'a');
    text_char(&text, '@');
    for (size_t i = 0; i < domain; i++)
        text_char(&text, i % 50 == 20 ? '.' : 'b');
    text_char(&text, '>');
    return address_forward_path(text_span(&text), limits, false, &path);
}

static void test_limits(void)
{
    static const struct address_limits roomy = {64, 255, 400};
    struct path path;
    char route[257];

    CHECK(sized_path(64, 10, false, &standard) == 77);
    CHECK(sized_path(65, 10, false, &standard) == ADDRESS_LOCAL_LONG);
    CHECK(sized_path(64, 10, true, &standard) == 77);
    CHECK(sized_path(65, 10, true, &standard) == ADDRESS_LOCAL_LONG);
    CHECK(sized_path(5, 255, false, &roomy) == 263);
    CHECK(sized_path(5, 256, false, &roomy) == ADDRESS_DOMAIN_LONG);
    CHECK(sized_path(60, 193, false, &standard) == 256);
    CHECK(sized_path(60, 194, false, &standard) == ADDRESS_PATH_LONG);
    CHECK(sized_path(5, 255, false, &standard) == ADDRESS_PATH_LONG);

    /* The source route counts: "<@rrr…:a@b>". */
    memset(route, 'r', sizeof(route));
    memcpy(route, "<@", 2);
    memcpy(route + 251, ":a@b>", 5);
    CHECK(address_reverse_path(span_of(route, 256), &standard, false, &path) == 256);
    memcpy(route + 251, "r:a@b>", 6);
    CHECK(address_reverse_path(span_of(route, 257), &standard, false, &path) == ADDRESS_PATH_LONG);

    /* A mailbox is measured as the path it will be. */
    memset(route, 'b', sizeof(route));
    memcpy(route, "a@", 2);
    CHECK(address_mailbox(span_of(route, 254), &standard, false, &path) == 0);
    CHECK(address_mailbox(span_of(route, 255), &standard, false, &path) == ADDRESS_PATH_LONG);
}

/* --- HELO, literals, UTF-8 -------------------------------------------------------------------------------
 */

struct helo_case {
    struct span argument;
    bool utf8;
    int result;
};

static const struct helo_case helos[] = {
    {S("mail.example.org"), false, 0},
    {S("localhost"), false, 0},
    {S("192.0.2.1"), false, 0},
    {S("WIN_PC"), false, 0},
    {S("_x_.y"), false, 0},
    {S("[192.0.2.1]"), false, 0},
    {S("[IPv6:::1]"), false, 0},
    {S("b\xc3\xbc.example"), true, 0},
    {S("b\xc3\xbc.example"), false, ADDRESS_NEEDS_UTF8},
    {S("b\xc3.example"), true, ADDRESS_BAD_UTF8},
    {S(""), false, ADDRESS_SYNTAX},
    {S("a b"), false, ADDRESS_SYNTAX},
    {S(" a"), false, ADDRESS_SYNTAX},
    {S("a."), false, ADDRESS_SYNTAX},
    {S(".a"), false, ADDRESS_SYNTAX},
    {S("-a"), false, ADDRESS_SYNTAX},
    {S("a-.b"), false, ADDRESS_SYNTAX},
    {S("a\0"), false, ADDRESS_SYNTAX},
    {S("a\n"), false, ADDRESS_SYNTAX},
    {S("a@b"), false, ADDRESS_SYNTAX},
    {S("<a>"), false, ADDRESS_SYNTAX},
    {S("[192.0.2.1"), false, ADDRESS_SYNTAX},
    {S("[192.0.2.1] x"), false, ADDRESS_SYNTAX},
    {S("[]"), false, ADDRESS_SYNTAX},
    {S("["), false, ADDRESS_SYNTAX},
};

static void test_helo(void)
{
    char name[256];

    for (size_t i = 0; i < sizeof(helos) / sizeof(helos[0]); i++)
        if (address_helo(helos[i].argument, &standard, helos[i].utf8) != helos[i].result) {
            fprintf(stderr, "HELO %.*s\n", (int)helos[i].argument.len, helos[i].argument.ptr);
            test_failures++;
        }
    memset(name, 'a', sizeof(name));
    CHECK(address_helo(span_of(name, 255), &standard, false) == 0);
    CHECK(address_helo(span_of(name, 256), &standard, false) == ADDRESS_DOMAIN_LONG);
}

static void test_literals(void)
{
    CHECK(address_is_literal(SPAN("[192.0.2.1]")));
    CHECK(address_is_literal(SPAN("[IPv6:2001:db8::1]")));
    CHECK(address_is_literal(SPAN("[tag:anything]")));
    CHECK(!address_is_literal(SPAN("[192.0.2.1]x")));
    CHECK(!address_is_literal(SPAN("192.0.2.1")));
    CHECK(!address_is_literal(SPAN("[192.0.2.01]")));
    CHECK(!address_is_literal(SPAN("[x]")));
    CHECK(!address_is_literal(SPAN("")));
}

/* Every code point encodes to something valid unless it is a surrogate; the sequences around it do not. */
static void test_utf8(void)
{
    static const struct span bad[] = {S("\x80"),
                                      S("\xbf"),
                                      S("\xc0\x80"),
                                      S("\xc1\xbf"),
                                      S("\xe0\x9f\xbf"),
                                      S("\xf0\x8f\xbf\xbf"),
                                      S("\xf4\x90\x80\x80"),
                                      S("\xf5\x80\x80\x80"),
                                      S("\xff"),
                                      S("\xe2\x82"),
                                      S("\xe2\x82x"),
                                      S("\xf0\x9f\x93"),
                                      S("a\xc3"),
                                      S("\xc3\xa9\xa9")};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(!address_utf8_valid(bad[i]));
    for (uint32_t c = 0; c < 0x110000; c++) {
        unsigned char b[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        uint32_t rest = c;
        for (size_t i = n - 1; i > 0; i--, rest >>= 6)
            b[i] = (unsigned char)(0x80 | (rest & 0x3f));
        b[0] = (unsigned char)(rest | (n == 1 ? 0 : (0xf00u >> n) & 0xf0u) | (n == 2 ? 0xc0u : 0));
        CHECK(address_utf8_valid(span_of((char *)b, n)) == (c < 0xd800 || c > 0xdfff));
    }
}

/* --- one printed form ------------------------------------------------------------------------------------
 */

static uint32_t chance(void)
{
    static uint64_t state = 5321;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* Random quoted strings, and the same with an escape before every octet: read alike, printed alike. */
static void test_one_form(void)
{
    static const char alphabet[] = "aZ9.. @\"\\<>!,:;()[]~";
    unsigned parsed = 0;

    for (int round = 0; round < 20000; round++) {
        char plain_bytes[64], escaped_bytes[64], first_bytes[64], second_bytes[64];
        struct text plain = TEXT(plain_bytes), escaped = TEXT(escaped_bytes);
        struct text first = TEXT(first_bytes), second = TEXT(second_bytes);
        struct path path;

        text_char(&plain, '"');
        text_char(&escaped, '"');
        for (uint32_t i = chance() % 9; i > 0; i--) {
            char c = alphabet[chance() % (sizeof(alphabet) - 1)];
            if (c == '"' || c == '\\')
                text_char(&plain, '\\');
            text_char(&plain, c);
            text_char(&escaped, '\\');
            text_char(&escaped, c);
        }
        text_add(&plain, SPAN("\"@x"));
        text_add(&escaped, SPAN("\"@x"));
        CHECK(address_mailbox(text_span(&plain), &standard, false, &path) == 0);
        check_printed(&path, (struct span){NULL, 0});
        address_print(&first, &path);
        CHECK(address_mailbox(text_span(&escaped), &standard, false, &path) == 0);
        address_print(&second, &path);
        CHECK_SPAN(text_span(&second), text_span(&first));
    }
    /* Random octets: whatever is taken for a mailbox survives printing. */
    for (int round = 0; round < 300000; round++) {
        static const char soup[] = "ab.@\"\\[] -:1\xc3\xa9";
        char bytes[10];
        struct path path;
        size_t len = 3 + chance() % 8;
        for (size_t i = 0; i < len; i++)
            bytes[i] = soup[chance() % (sizeof(soup) - 1)];
        if (address_mailbox(span_of(bytes, len), &standard, true, &path) == 0) {
            check_printed(&path, (struct span){NULL, 0});
            parsed++;
        }
    }
    CHECK(parsed > 100);
}

int main(void)
{
    test_paths();
    test_special_paths();
    test_mailbox();
    test_limits();
    test_helo();
    test_literals();
    test_utf8();
    test_one_form();
    return test_end("smtp_address");
}
