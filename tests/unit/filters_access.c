/* filters_access.c: clients, names, senders and recipients in lists short and long. `bench` as the argument
 * prints what a look-up in a long list costs. */
#include <time.h>

#include "base/ip.h"
#include "filters/filters.h"
#include "filters/names.h"
#include "filters/networks.h"
#include "filters_fixture.h"

/* One session; the verdict at each stage. */
struct row {
    const char *filter;
    const char *client, *helo, *from, *to;
    const char *verdicts; /* at CONNECT, HELO, MAIL, RCPT: '.' continue, 'x' reject, 't' tempfail */
};

static const struct row rows[] = {
    {"access", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {deny: {client: 192.0.2.0/24}}", "192.0.2.1", "a", "s@x", "r@y", "x..."},
    {"access: {deny: {client: 192.0.2.0/24}}", "192.0.3.1", "a", "s@x", "r@y", "...."},
    {"access: {deny: {client: '2001:db8::/32'}}", "2001:db8:1::1", "a", "s@x", "r@y", "x..."},
    {"access: {deny: {client: '2001:db8::/32'}}", "2001:db9::1", "a", "s@x", "r@y", "...."},
    {"access: {deny: {client: 0.0.0.0/0}}", "2001:db9::1", "a", "s@x", "r@y", "...."},
    {"access: {deny: {client: [192.0.2.0/24, 198.51.100.7]}, allow: {client: 192.0.2.1}}", "192.0.2.1", "a",
     "s@x", "r@y", "...."},
    {"access: {deny: {client: [192.0.2.0/24, 198.51.100.7]}, allow: {client: 192.0.2.1}}", "198.51.100.7",
     "a", "s@x", "r@y", "x..."},
    {"access: {deny: {helo: [bad.example, .dyn.example]}}", "192.0.2.1", "BAD.example", "s@x", "r@y", ".x.."},
    {"access: {deny: {helo: [bad.example, .dyn.example]}}", "192.0.2.1", "a.b.dyn.example", "s@x", "r@y",
     ".x.."},
    {"access: {deny: {helo: [bad.example, .dyn.example]}}", "192.0.2.1", "dyn.example", "s@x", "r@y", "...."},
    {"access: {deny: {helo: [bad.example, .dyn.example]}}", "192.0.2.1", "notbad.example", "s@x", "r@y",
     "...."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "spam@X.example", "r@y", "..x."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "ham@x.example", "r@y", "...."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "any@y.example", "r@y", "..x."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "any@z.example", "r@y", "..x."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "any@sub.w.example", "r@y", "..x."},
    {"access: {deny: {from: [Spam@x.example, '@y.example', z.example, .w.example]}}", "192.0.2.1", "a",
     "\"a@y.example\"@other.example", "r@y", "...."},
    {"access: {deny: {from: '<>'}}", "192.0.2.1", "a", "", "r@y", "..x."},
    {"access: {deny: {from: '<>'}}", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {deny: {from: '*'}}", "192.0.2.1", "a", "", "r@y", "..x."},
    {"access: {deny: {to: r@y}}", "192.0.2.1", "a", "s@x", "r@y", "...x"},
    {"access: {deny: {to: '*'}, allow: {to: postmaster}}", "192.0.2.1", "a", "s@x", "Postmaster", "...."},
    {"access: {deny: {to: '*'}, allow: {to: postmaster}}", "192.0.2.1", "a", "s@x", "r@y", "...x"},
    {"access: {deny: {to: '*'}, reply: '450 4.7.0 Later'}", "192.0.2.1", "a", "s@x", "r@y", "...t"},
    /* found under allow earlier: not asked about deny later */
    {"access: {allow: {client: 192.0.2.1}, deny: {to: '*'}}", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {allow: {helo: a}, deny: {to: '*'}}", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {allow: {from: x}, deny: {to: '*'}}", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {allow: {from: z}, deny: {to: '*'}}", "192.0.2.1", "a", "s@x", "r@y", "...x"},
    /* default deny: at the last stage that could allow */
    {"access: {default: deny}", "192.0.2.1", "a", "s@x", "r@y", "x..."},
    {"access: {default: deny, allow: {client: 192.0.2.1}}", "192.0.2.1", "a", "s@x", "r@y", "...."},
    {"access: {default: deny, allow: {client: 192.0.2.1}}", "192.0.2.2", "a", "s@x", "r@y", "x..."},
    {"access: {default: deny, allow: {helo: b}}", "192.0.2.2", "a", "s@x", "r@y", ".x.."},
    {"access: {default: deny, allow: {from: b}}", "192.0.2.2", "a", "s@x", "r@y", "..x."},
    {"access: {default: deny, allow: {client: 192.0.2.1, to: y}}", "192.0.2.2", "a", "s@x", "r@y", "...."},
    {"access: {default: deny, allow: {client: 192.0.2.1, to: y}}", "192.0.2.2", "a", "s@x", "r@z", "...x"},
    {"access: {default: deny, allow: {client: 192.0.2.1, to: y}}", "192.0.2.1", "a", "s@x", "r@z", "...."},
};

static char letter(enum verdict verdict)
{
    if (verdict == VERDICT_CONTINUE)
        return '.';
    if (verdict == VERDICT_REJECT)
        return 'x';
    return 't';
}

static void one_row(const struct row *row)
{
    struct yaml yaml;
    struct fake_session session;
    struct decision decision;
    struct ip ip;
    char verdicts[5] = "";
    struct chain_question helo = {.event = FILTER_HELO, .helo = span_str(row->helo)};

    yaml_begin(&yaml, &session, row->filter);
    CHECK(ip_parse(span_str(row->client), &ip));
    session.facts.client_family = ip.family;
    memcpy(session.facts.client_address, ip.bytes, sizeof(ip.bytes));
    verdicts[0] = letter(fake_ask(&session, FILTER_CONNECT, &decision));
    verdicts[1] = letter(chain_ask(&session.run, &helo, &decision));
    session.facts.helo = span_str(row->helo);
    fake_message_begin(&session);
    verdicts[2] = letter(fake_address(&session, FILTER_MAIL, row->from, &decision));
    session.facts.reverse_path = span_str(row->from);
    verdicts[3] = letter(fake_address(&session, FILTER_RCPT, row->to, &decision));
    if (strcmp(verdicts, row->verdicts) != 0)
        fprintf(stderr, "%s: %s %s %s %s\n", row->filter, row->client, row->helo, row->from, row->to);
    CHECK_SPAN(span_str(verdicts), span_str(row->verdicts));
    yaml_end(&yaml, &session);
}

#define MANY 100000

static void bench(const struct option_strings *names, const struct option_networks *networks)
{
    struct timespec start, end;
    char wanted[64];
    unsigned found = 0;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned i = 0; i < MANY; i++) {
        uint8_t address[16] = {0x20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        int len = snprintf(wanted, sizeof(wanted), "user@sub.d%u.example", i * 7 % (2 * MANY));
        found += names_match_address(names, span_of(wanted, (size_t)len));
        found += networks_match(networks, 6, address);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%u found, %.2f us for an address and an IPv6 client in lists of %d\n", found,
           ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / MANY / 1e3,
           MANY);
}

/* Every entry of a long list is found, by itself and below; nothing else is. */
static void test_long(bool measure)
{
    static char text[MANY][24];
    static const char *items[MANY];
    static struct option_network nets[MANY];
    struct option_strings names = {.items = items, .count = MANY};
    struct option_networks networks = {nets, MANY};

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof(text[i]), "%sd%u.example", i % 3 == 0 ? "." : i % 3 == 1 ? "@" : "u@", i);
        items[i] = text[i];
        nets[i] = (struct option_network){4, 24, {10, (uint8_t)(i >> 8), (uint8_t)i, 0}};
        nets[i].prefix = i < 65536 ? 24 : 32;
        nets[i].address[0] = i < 65536 ? 10 : 11;
    }
    names_sort(&names);
    networks_sort(&networks);
    for (unsigned i = 0; i < MANY; i++) {
        char address[48];
        uint8_t ip[16] = {10, (uint8_t)(i >> 8), (uint8_t)i, 77};
        int len = snprintf(address, sizeof(address), "U@%sd%u.example", i % 3 == 0 ? "sub." : "", i);
        CHECK(names_match_address(&names, span_of(address, (size_t)len)));
        len = snprintf(address, sizeof(address), "v@%sd%u.example", i % 3 == 1 ? "sub." : "", i);
        CHECK(!names_match_address(&names, span_of(address, (size_t)len)));
        CHECK(networks_match(&networks, 4, ip));
        ip[0] = 12;
        CHECK(!networks_match(&networks, 4, ip) && !networks_match(&networks, 6, ip));
    }
    if (measure)
        bench(&names, &networks);
}

/* Every prefix length agrees with the plain rule of option_networks_match(). */
static void test_prefixes(void)
{
    uint8_t address[16] = {0xa5, 0x5a, 0xff, 0x01, 0x80, 0x7f, 0xc3, 0x3c, 1, 2, 3, 4, 5, 6, 7, 0xff};

    for (unsigned family = 4; family <= 6; family += 2)
        for (unsigned prefix = 0; prefix <= (family == 4 ? 32u : 128u); prefix++) {
            struct option_network network = {(uint8_t)family, (uint8_t)prefix, {0}};
            struct option_networks list = {&network, 1};
            for (unsigned bit = 0; bit < prefix; bit++)
                network.address[bit / 8] |= (uint8_t)(address[bit / 8] & (0x80u >> bit % 8));
            networks_sort(&list);
            for (unsigned flip = 0; flip < (family == 4 ? 32u : 128u); flip++) {
                uint8_t other[16];
                memcpy(other, address, sizeof(other));
                other[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
                CHECK(networks_match(&list, (uint8_t)family, other) == (flip >= prefix));
                CHECK(option_networks_match(&list, (uint8_t)family, other) == (flip >= prefix));
            }
            CHECK(networks_match(&list, (uint8_t)family, address));
        }
}

/* A list in a file. */
static void test_file(void)
{
    char filter[128];
    const char *path = yaml_file("# those we know\nspam.example\n\n.dyn.example\n");
    char kept[64];
    struct row row = {filter, "192.0.2.1", "a", "s@spam.example", "r@y", "..x."};

    snprintf(kept, sizeof(kept), "%s", path);
    snprintf(filter, sizeof(filter), "access: {deny: {from: 'file:%s'}}", kept);
    one_row(&row);
    row.from = "s@ham.example";
    row.verdicts = "....";
    one_row(&row);
    unlink(kept);
}

int main(int argc, char **argv)
{
    registry_add(&filter_access);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        one_row(&rows[i]);
    test_long(argc > 1 && strcmp(argv[1], "bench") == 0);
    test_prefixes();
    test_file();
    yaml_refused("access: {reply: go away}", "is no refusal");
    yaml_refused("access: {deny: {client: 300.0.0.1}}", "client");
    return test_end("filters_access");
}
