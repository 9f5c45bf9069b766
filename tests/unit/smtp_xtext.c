/* smtp_xtext.c: xtext decoded and encoded: every octet comes back, and nothing that is not xtext is taken. */
#include "smtp/xtext.h"

#include "test.h"

static const struct {
    const char *encoded;
    const char *decoded; /* NULL: malformed */
} CASES[] = {
    {"", ""},
    {"plain", "plain"},
    {"a+2Bb+3Dc", "a+b=c"},
    {"a+2bb+3dc", "a+b=c"},
    {"two+20words", "two words"},
    {"+C3+A4", "\xc3\xa4"},
    {"[UNAVAILABLE]", "[UNAVAILABLE]"},
    {"+41", "A"},
    {"+", NULL},
    {"+4", NULL},
    {"a+2", NULL},
    {"+4G", NULL},
    {"+G4", NULL},
    {"++", NULL},
    {"a=b", NULL},
    {"a b", NULL},
    {"a\tb", NULL},
    {"\xc3\xa4", NULL},
    {"a+0Db", NULL},
    {"a+0Ab", NULL},
    {"+00", NULL},
    {"+7F", NULL},
    {"+1F", NULL},
};

/* Of a copy that ends where its memory ends. */
static bool decode(struct span s, struct text *to)
{
    char *copy = malloc(s.len + (s.len == 0));
    bool good;

    REQUIRE(copy != NULL);
    memcpy(copy, s.ptr, s.len);
    good = xtext_decode(span_of(copy, s.len), to);
    free(copy);
    return good;
}

static void test_decode(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char octets[64];
        struct text to = TEXT(octets);
        bool good = decode(span_str(CASES[i].encoded), &to);

        if (good != (CASES[i].decoded != NULL)) {
            fprintf(stderr, "xtext \"%s\": %d\n", CASES[i].encoded, good);
            test_failures++;
        }
        if (good)
            CHECK_SPAN(text_span(&to), span_str(CASES[i].decoded));
    }
}

static void test_every_octet(void)
{
    for (unsigned c = 0; c < 256; c++) {
        char octets[2][8], octet = (char)c;
        struct text encoded = TEXT(octets[0]), decoded = TEXT(octets[1]);
        bool plain = c > 0x20 && c < 0x7f && c != '+' && c != '=';
        bool control = c < 0x20 || c == 0x7f;

        xtext_encode(span_of(&octet, 1), &encoded);
        CHECK(encoded.len == (plain ? 1u : 3u));
        CHECK(xtext_decode(text_span(&encoded), &decoded) == !control);
        if (!control)
            CHECK_SPAN(text_span(&decoded), span_of(&octet, 1));
    }
}

static void test_room(void)
{
    char octets[3];
    struct text to = TEXT(octets);

    CHECK(xtext_decode(SPAN("a+2Bc"), &to));
    to = TEXT(octets);
    CHECK(!xtext_decode(SPAN("a+2Bcd"), &to) && to.cut);
    to = TEXT(octets);
    xtext_encode(SPAN("="), &to);
    CHECK_SPAN(text_span(&to), SPAN("+3D"));
    xtext_encode(SPAN("a"), &to);
    CHECK(to.cut);
}

int main(void)
{
    test_decode();
    test_every_octet();
    test_room();
    return test_end("smtp_xtext");
}
