/* base_text.c: tests of bounded text: all or nothing per piece, and harmless octets only when asked. */
#include "base/text.h"

#include "test.h"

static void test_add(void)
{
    char bytes[8];
    struct text text = TEXT(bytes);

    text_add(&text, SPAN("abc"));
    text_add(&text, span_of(NULL, 0));
    text_char(&text, 'd');
    CHECK_SPAN(text_span(&text), SPAN("abcd"));
    text_add(&text, SPAN("efgh"));
    CHECK(!text.cut && text.len == 8);
    text_add(&text, span_of(NULL, 0));
    CHECK(!text.cut);
    text_char(&text, 'i');
    CHECK(text.cut);
    CHECK_SPAN(text_span(&text), SPAN("abcdefgh"));

    /* Once cut, what would fit is not taken either. */
    text = TEXT(bytes);
    text_add(&text, SPAN("123456789"));
    text_char(&text, 'x');
    CHECK(text.cut && text.len == 0);
}

static void test_number(void)
{
    char bytes[20];
    struct text text = TEXT(bytes);

    text_number(&text, UINT64_MAX);
    CHECK_SPAN(text_span(&text), SPAN("18446744073709551615"));
    text = TEXT(bytes);
    text_number(&text, 0);
    text_number(&text, 10);
    CHECK_SPAN(text_span(&text), SPAN("010"));
}

static void test_format(void)
{
    char bytes[8];
    struct text text = TEXT(bytes);

    text_format(&text, "%d-%s", 12, "abc");
    CHECK_SPAN(text_span(&text), SPAN("12-abc"));
    text_format(&text, "%s", "toolong");
    CHECK(text.cut);
    CHECK_SPAN(text_span(&text), SPAN("12-abc"));
}

static void test_safe(void)
{
    char bytes[64];
    struct text text = TEXT(bytes);

    text_add_safe(&text, SPAN("a\r\nb\0\x1b\x7f\t~ \xc3\xbc"), false);
    CHECK_SPAN(text_span(&text), SPAN("a??b???\t~ ??"));
    text = TEXT(bytes);
    text_add_safe(&text, SPAN("\x1b\xc3\xbc\n"), true);
    CHECK_SPAN(text_span(&text), SPAN("?\xc3\xbc?"));
}

int main(void)
{
    test_add();
    test_number();
    test_format();
    test_safe();
    return test_end("base_text");
}
