/* base_ip.c: tests of reading and printing addresses: what is printed reads back to the same. */
#include "base/ip.h"

#include "test.h"

static const struct {
    struct span text;
    uint8_t family; /* 0: no address */
    const char *printed;
} CASES[] = {
    {SPAN("192.0.2.1"), 4, "192.0.2.1"},
    {SPAN("0.0.0.0"), 4, "0.0.0.0"},
    {SPAN("255.255.255.255"), 4, "255.255.255.255"},
    {SPAN("2001:DB8:0:0::1"), 6, "2001:db8::1"},
    {SPAN("::"), 6, "::"},
    {SPAN("::1"), 6, "::1"},
    {SPAN("::ffff:192.0.2.1"), 4, "192.0.2.1"},
    {SPAN("::FFFF:c000:0201"), 4, "192.0.2.1"},
    {SPAN("1111:2222:3333:4444:5555:6666:123.123.123.123"), 6, "1111:2222:3333:4444:5555:6666:7b7b:7b7b"},
    {SPAN(""), 0, "unknown"},
    {SPAN("256.0.0.1"), 0, "unknown"},
    {SPAN("192.0.2"), 0, "unknown"},
    {SPAN("192.0.2.1 "), 0, "unknown"},
    {SPAN("192.0.2.1:25"), 0, "unknown"},
    {SPAN("192.0.2.1\0x"), 0, "unknown"},
    {SPAN("[::1]"), 0, "unknown"},
    {SPAN("fe80::1%eth0"), 0, "unknown"},
    {SPAN("1:2:3:4:5:6:7:8:9"), 0, "unknown"},
    {SPAN("mx.example"), 0, "unknown"},
    {SPAN("00000000000000000000000000000000000000000000000000192.0.2.1"), 0, "unknown"},
};

static void test_octets(void)
{
    static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    struct ip four = ip_of(4, mapped + 12, 25), six = ip_of(6, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 587);
    struct ip same = ip_of(6, mapped, 25), parsed;

    CHECK(ip_parse(SPAN("192.0.2.1"), &parsed) && four.family == 4 && four.port == 25);
    CHECK(memcmp(four.bytes, parsed.bytes, sizeof(parsed.bytes)) == 0);
    CHECK(same.family == 4 && same.port == 25 && memcmp(same.bytes, four.bytes, sizeof(four.bytes)) == 0);
    CHECK(ip_parse(SPAN("2001:db8::1"), &parsed) && six.family == 6 && six.port == 587);
    CHECK(memcmp(six.bytes, parsed.bytes, sizeof(parsed.bytes)) == 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct ip ip, again;
        char bytes[IP_TEXT_MAX];
        struct text text = TEXT(bytes);

        CHECK(ip_parse(CASES[i].text, &ip) == (CASES[i].family != 0));
        CHECK(ip.family == CASES[i].family);
        CHECK(ip.port == 0);
        ip_print(&text, &ip);
        CHECK_SPAN(text_span(&text), span_str(CASES[i].printed));
        if (ip.family != 0) {
            CHECK(ip_parse(text_span(&text), &again));
            CHECK(memcmp(again.bytes, ip.bytes, sizeof(ip.bytes)) == 0);
        }
    }
    test_octets();
    return test_end("base_ip");
}
