/* smtp_proxy_header_print.c: PROXY headers printed here are exactly what they must be, and read back. */
#include "smtp_proxy_fixture.h"

static void test_print(void)
{
    static const char *const addresses[] = {"192.0.2.1",
                                            "255.255.255.255",
                                            "0.0.0.0",
                                            "::",
                                            "2001:db8::1",
                                            "::192.0.2.1",
                                            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                            ""};
    static const uint16_t ports[] = {0, 25, 56224, 65535};
    enum { ADDRESSES_COUNT = sizeof(addresses) / sizeof(addresses[0]) };

    for (size_t i = 0; i < 4 * ADDRESSES_COUNT * ADDRESSES_COUNT; i++) {
        struct ip source, destination;
        char bytes[128] = "", from[64], to[64];
        struct header_case c = {{NULL, 0}, WHOLE, from, to};

        (void)ip_parse(span_str(addresses[i / 4 % ADDRESSES_COUNT]), &source);
        (void)ip_parse(span_str(addresses[i / 4 / ADDRESSES_COUNT]), &destination);
        source.port = ports[i % 4];
        destination.port = ports[3 - i % 4];
        if (source.family != destination.family || source.family == 0)
            c.result = LOCAL;
        snprintf(from, sizeof(from), "%s %u", addresses[i / 4 % ADDRESSES_COUNT], (unsigned)source.port);
        snprintf(to, sizeof(to), "%s %u", addresses[i / 4 / ADDRESSES_COUNT], (unsigned)destination.port);
        for (int version = 1; version <= 2; version++) {
            struct text text = TEXT(bytes);

            if (version == 1)
                proxy_header_print_v1(&text, &source, &destination);
            else
                proxy_header_print_v2(&text, &source, &destination);
            CHECK(!text.cut);
            c.input = text_span(&text);
            test_every_split(c.input, feed, &c);
        }
    }
}

static void test_print_exactly(void)
{
    struct ip source = ip_of(4, CLIENT, 56224), destination = ip_of(4, SERVER, 25), none = {0};
    char bytes[128];
    struct text text = TEXT(bytes);

    proxy_header_print_v1(&text, &source, &destination);
    CHECK_SPAN(text_span(&text), SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\r\n"));
    text = TEXT(bytes);
    proxy_header_print_v2(&text, &source, &destination);
    CHECK_SPAN(text_span(&text), SPAN(INET "\0\x0c" ADDRESSES));
    source = ip_of(6, CLIENT6, 56224);
    destination = ip_of(6, SERVER6, 25);
    text = TEXT(bytes);
    proxy_header_print_v2(&text, &source, &destination);
    CHECK_SPAN(text_span(&text), SPAN(INET6 "\0\x24" CLIENT6 SERVER6 PORTS));
    text = TEXT(bytes);
    proxy_header_print_v1(&text, &source, &none);
    CHECK_SPAN(text_span(&text), SPAN("PROXY UNKNOWN\r\n"));
    text.size = text.len + 3;
    proxy_header_print_v2(&text, &source, &destination);
    CHECK(text.cut);
}

int main(void)
{
    test_print();
    test_print_exactly();
    return test_end("smtp_proxy_header_print");
}
