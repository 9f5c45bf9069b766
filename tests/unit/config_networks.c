/* CIDR networks: what is read, what is not, what matches. */
#include "config/networks.h"

#include "base/ip.h"
#include "test.h"

static void test_parse(void)
{
    static const struct {
        const char *text;
        enum network_result result;
        const char *printed;
    } cases[] = {
        {"192.0.2.1", NETWORK_OK, "192.0.2.1"},
        {"192.0.2.0/24", NETWORK_OK, "192.0.2.0/24"},
        {"192.0.2.1/32", NETWORK_OK, "192.0.2.1"},
        {"0.0.0.0/0", NETWORK_OK, "0.0.0.0/0"},
        {"::/0", NETWORK_OK, "::/0"},
        {"2001:db8::/32", NETWORK_OK, "2001:db8::/32"},
        {"2001:DB8::1", NETWORK_OK, "2001:db8::1"},
        {"::ffff:192.0.2.0/120", NETWORK_OK, "192.0.2.0/24"},
        {"::ffff:192.0.2.7", NETWORK_OK, "192.0.2.7"},
        {"192.0.2.7/24", NETWORK_HOST_BITS, "192.0.2.0/24"},
        {"10.0.0.1/0", NETWORK_HOST_BITS, "0.0.0.0/0"},
        {"2001:db8::1/127", NETWORK_HOST_BITS, "2001:db8::/127"},
        {"192.0.2.0/33", NETWORK_SYNTAX, NULL},
        {"192.0.2.0/-1", NETWORK_SYNTAX, NULL},
        {"192.0.2.0/-0", NETWORK_SYNTAX, NULL},
        {"192.0.2.0/", NETWORK_SYNTAX, NULL},
        {"192.0.2.0/24x", NETWORK_SYNTAX, NULL},
        {"192.0.2/24", NETWORK_SYNTAX, NULL},
        {"2001:db8::/129", NETWORK_SYNTAX, NULL},
        {"::ffff:192.0.2.0/24", NETWORK_SYNTAX, NULL},
        {"/24", NETWORK_SYNTAX, NULL},
        {"", NETWORK_SYNTAX, NULL},
        {"example.com", NETWORK_SYNTAX, NULL},
        {"[::1]", NETWORK_SYNTAX, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct option_network network;
        enum network_result result = network_parse(span_str(cases[i].text), &network);
        char bytes[64];
        struct text text = TEXT(bytes);
        if (result != cases[i].result)
            fprintf(stderr, "\"%s\" gives %d\n", cases[i].text, (int)result);
        CHECK(result == cases[i].result);
        if (result == NETWORK_SYNTAX)
            continue;
        network_print(&text, &network);
        CHECK_SPAN(text_span(&text), span_str(cases[i].printed));
    }
}

/* For every prefix length: the address with the last bit inside turned is out, with the first one behind in.
 */
static void test_every_prefix(uint8_t family, unsigned bits)
{
    struct option_network network = {.family = family};
    struct option_networks list = {&network, 1};

    for (unsigned prefix = 0; prefix <= bits; prefix++) {
        uint8_t address[16] = {0};
        network.prefix = (uint8_t)prefix;
        CHECK(option_networks_match(&list, family, address));
        CHECK(!option_networks_match(&list, family == 4 ? 6 : 4, address));
        if (prefix < bits) {
            address[prefix / 8] = (uint8_t)(0x80u >> prefix % 8);
            CHECK(option_networks_match(&list, family, address));
            address[prefix / 8] = 0;
        }
        if (prefix > 0) {
            address[(prefix - 1) / 8] = (uint8_t)(0x80u >> (prefix - 1) % 8);
            CHECK(!option_networks_match(&list, family, address));
        }
    }
}

static void test_list(void)
{
    struct option_network items[3];
    struct option_networks list = {items, 3}, none = {NULL, 0};
    struct ip ip;

    CHECK(network_parse(SPAN("10.0.0.0/8"), &items[0]) == NETWORK_OK);
    CHECK(network_parse(SPAN("2001:db8::/32"), &items[1]) == NETWORK_OK);
    CHECK(network_parse(SPAN("192.0.2.1"), &items[2]) == NETWORK_OK);
    CHECK(ip_parse(SPAN("192.0.2.1"), &ip) && option_networks_match(&list, ip.family, ip.bytes));
    CHECK(ip_parse(SPAN("192.0.2.2"), &ip) && !option_networks_match(&list, ip.family, ip.bytes));
    CHECK(ip_parse(SPAN("10.255.0.1"), &ip) && option_networks_match(&list, ip.family, ip.bytes));
    CHECK(ip_parse(SPAN("2001:db8:ffff::1"), &ip) && option_networks_match(&list, ip.family, ip.bytes));
    CHECK(ip_parse(SPAN("2001:db9::1"), &ip) && !option_networks_match(&list, ip.family, ip.bytes));
    CHECK(!option_networks_match(&none, ip.family, ip.bytes));
}

int main(void)
{
    test_parse();
    test_every_prefix(4, 32);
    test_every_prefix(6, 128);
    test_list();
    return test_end("config_networks");
}
