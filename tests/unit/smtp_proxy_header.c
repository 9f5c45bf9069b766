/* smtp_proxy_header.c: PROXY headers whole, octet by octet and at every split, well-formed and hostile. */
#include "smtp_proxy_fixture.h"

static const struct header_case V1_WHOLE[] = {
    {SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\r\n"), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), WHOLE, "255.255.255.255 65535",
     "255.255.255.255 65535"},
    {SPAN("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), WHOLE, "0.0.0.0 0", "0.0.0.0 0"},
    {SPAN("PROXY TCP6 2001:db8::1 2001:DB8:0::2 1 25\r\n"), WHOLE, "2001:db8::1 1", "2001:db8::2 25"},
    {SPAN("PROXY TCP6 2001:0db8:1111:2222:3333:4444:5555:6666 2001:0db8:1111:2222:3333:4444:5555:7777 "
          "65535 65535\r\n"),
     WHOLE, "2001:db8:1111:2222:3333:4444:5555:6666 65535", "2001:db8:1111:2222:3333:4444:5555:7777 65535"},
    {SPAN("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6419 1 25\r\n"), WHOLE, "192.0.2.1 1", "198.51.100.25 25"},
};

static const struct span V1_LOCAL[] = {
    SPAN("PROXY UNKNOWN\r\n"),
    SPAN("PROXY UNKNOWN \r\n"),
    SPAN("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"),
    SPAN("PROXY UNKNOWN any\0thing\r\r \n\x80\r\n"),
};

static const struct span V1_PART[] = {
    SPAN(""),
    SPAN("P"),
    SPAN("PROXY"),
    SPAN("PROXY TCP"),
    SPAN("PROXY TCP4 "),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\r"),
    SPAN("PROXY UNKNOWN"),
    SPAN("PROXY UNKNOWN\r"),
    SPAN("PROXY UNKNOWN x\r"),
};

static const struct span V1_ABSENT[] = {
    SPAN("EHLO client.example\r\n"),
    SPAN("proxy TCP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN(" PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXI"),
    SPAN("\x16\x03\x01\x02"),
    SPAN("\0"),
};

static const struct span V1_MALFORMED[] = {
    SPAN("PROXYTCP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY\r\n"),
    SPAN("PROXY \r\n"),
    SPAN("PROXY\tTCP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY  TCP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY tcp4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY TCP5 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY UDP4 192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY TCP4\r\n"),
    SPAN("PROXY TCP4 \r\n"),
    SPAN("PROXY UNKNOWNS\r\n"),
    SPAN("PROXY UNKNOWN\n"),
    SPAN("PROXY UNKNOWN\rx\r\n"),
    SPAN("PROXY unknown\r\n"),
    SPAN("PROXY TCP4 192.0.2.1\t198.51.100.25 56224 25\r\n"),
    SPAN("PROXY TCP4  192.0.2.1 198.51.100.25 56224 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1  198.51.100.25 56224 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25  56224 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224  25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25 \r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25 1\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\r\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\rEHLO"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 56224 25\0\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 65536 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 1 65536\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 1 18446744073709551641\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 01 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 1 025\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 00 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 -1 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 +1 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1 198.51.100.25 a 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.01 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.256 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP4 192.0.2 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP4 192.0.2.1.1 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP4 client.example 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n"),
    SPAN("PROXY TCP4 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 25\r\n"),
    SPAN("PROXY TCP6 192.0.2.1 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP6 2001:db8::1 198.51.100.25 1 25\r\n"),
    SPAN("PROXY TCP6 fe80::1%eth0 fe80::2 1 25\r\n"),
    SPAN("PROXY TCP6 [2001:db8::1] 2001:db8::2 1 25\r\n"),
    SPAN("PROXY TCP6 2001:db8::1::1 2001:db8::2 1 25\r\n"),
    SPAN("PROXY TCP6 1:2:3:4:5:6:7:8:9 2001:db8::2 1 25\r\n"),
    SPAN("PROXY TCP6 : : 1 25\r\n"),
};

static const struct header_case V2_WHOLE[] = {
    {SPAN(INET "\0\x0c" ADDRESSES), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET6 "\0\x24" CLIENT6 SERVER6 PORTS), WHOLE, "2001:db8::1 56224", "2001:db8::2 25"},
    {SPAN(INET6 "\0\x24" MAPPED CLIENT MAPPED SERVER PORTS), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET "\0\x0c" CLIENT SERVER "\0\0\xff\xff"), WHOLE, "192.0.2.1 0", "198.51.100.25 65535"},
    /* TLVs of types that are none of ours, empty ones, padding. */
    {SPAN(INET "\0\x0f" ADDRESSES "\4\0\0"), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET "\0\x15" ADDRESSES "\4\0\3\0\0\0\4\0\0"), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET "\0\x13" ADDRESSES "\x05\0\4uuid"), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET "\0\x12" ADDRESSES "\xea\0\3aws"), WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    /* Computed elsewhere; with the field in front of other octets too. */
    {SPAN(INET "\0\x13" ADDRESSES "\3\0\4"
               "\x16\xe6\xa1\xbe"),
     WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
    {SPAN(INET "\0\x18" ADDRESSES "\3\0\4"
               "\x1a\x7d\x32\x4f"
               "\4\0\2xy"),
     WHOLE, "192.0.2.1 56224", "198.51.100.25 25"},
};

static const struct span V2_LOCAL[] = {
    /* LOCAL, whatever comes with it, and UNSPEC. */
    SPAN(V2 "\x20\0\0\0"),
    SPAN(V2 "\x20\x11\0\0"),
    SPAN(V2 "\x20\xff\0\0"),
    SPAN(V2 "\x20\x11\0\x0c" ADDRESSES),
    SPAN(V2 "\x20\0\0\1x"),
    SPAN(V2 "\x21\0\0\0"),
    SPAN(V2 "\x21\0\0\5abcde"),
    SPAN(V2 "\x21\x10\0\0"),
    SPAN(V2 "\x21\x01\0\0"),
    SPAN(V2 "\x21\x12\0\x0c" ADDRESSES),
    SPAN(V2 "\x21\x22\0\x24" CLIENT6 SERVER6 PORTS),
};

static const struct span V2_PART[] = {
    SPAN("\r"),
    SPAN("\r\n\r\n\0\r\nQUIT"),
    SPAN(V2),
    SPAN(INET "\0"),
    SPAN(INET "\0\x0c"),
    SPAN(INET "\0\x0c" CLIENT SERVER "\0\0\0"),
    SPAN(V2 "\x20\0\0\1"),
    SPAN(INET "\x0f\xf0" ADDRESSES), /* 4096 octets in all */
};

static const struct span V2_ABSENT[] = {
    SPAN("\r\nQUIT\r\n"),
    SPAN("\r\n\r\n\0\r\nQUIT\r"),
    SPAN("\r\n\r\n\r\n"),
};

static const struct span V2_MALFORMED[] = {
    SPAN(V2 "\x11"),
    SPAN(V2 "\x01"),
    SPAN(V2 "\x31"),
    SPAN(V2 "\x22"),
    SPAN(V2 "\x2f"),
    SPAN(V2 "\x21\x41"),
    SPAN(V2 "\x21\xf1"),
    SPAN(V2 "\x21\x13"),
    SPAN(V2 "\x21\x1f"),
    SPAN(V2 "\x21\x03"),
    SPAN(V2 "\x21\x40"),
    SPAN(INET "\x0f\xf1"),
    SPAN(INET "\xff\xff"),
    SPAN(V2 "\x20\0\x0f\xf1"),
    SPAN(INET "\0\0"),
    SPAN(INET "\0\x0b"),
    SPAN(INET6 "\0\x23"),
    SPAN(V2 "\x21\x31\0\xd7"),
    SPAN(V2 "\x21\x12\0\x0b"),
    SPAN(INET "\0\x0d" ADDRESSES "\4"),
    SPAN(INET "\0\x0e" ADDRESSES "\4\0"),
    SPAN(INET "\0\x0f" ADDRESSES "\4\0\1"),
    SPAN(INET "\0\x0f" ADDRESSES "\4\xff\xff"),
    SPAN(INET "\0\x12" ADDRESSES "\4\0\0\4\0\1"),
    SPAN(V2 "\x21\x12\0\x0f" ADDRESSES "\4\0\1"),
    /* The checksum: wrong, of another length, twice. */
    SPAN(INET "\0\x13" ADDRESSES "\3\0\4\0\0\0\0"),
    SPAN(INET "\0\x13" ADDRESSES "\3\0\4"
              "\xbe\xa1\xe6\x16"),
    SPAN(INET "\0\x0f" ADDRESSES "\3\0\0"),
    SPAN(INET "\0\x12" ADDRESSES "\3\0\3\0\0\0"),
    SPAN(INET "\0\x14" ADDRESSES "\3\0\5"
              "\x9a\x7b\x1e\xb1"
              "z"),
    SPAN(INET "\0\x1a" ADDRESSES "\3\0\4\0\0\0\0\3\0\4\0\0\0\0"),
    SPAN(INET "\0\x12" ADDRESSES "\2\0\0\2\0\0"),
};

static const struct {
    const struct span *inputs;
    size_t count;
    long result;
} LISTS[] = {
#define LIST(inputs, result)                                                                                 \
    {                                                                                                        \
        inputs, sizeof(inputs) / sizeof(inputs[0]), result                                                   \
    }
    LIST(V1_LOCAL, LOCAL),
    LIST(V2_LOCAL, LOCAL),
    LIST(V1_PART, 0),
    LIST(V2_PART, 0),
    LIST(V1_ABSENT, ABSENT),
    LIST(V2_ABSENT, ABSENT),
    LIST(V1_MALFORMED, MALFORMED),
    LIST(V2_MALFORMED, MALFORMED),
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(V1_WHOLE) / sizeof(V1_WHOLE[0]); i++)
        test_header(V1_WHOLE[i]);
    for (size_t i = 0; i < sizeof(V2_WHOLE) / sizeof(V2_WHOLE[0]); i++)
        test_header(V2_WHOLE[i]);
    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++)
        for (size_t j = 0; j < LISTS[i].count; j++)
            test_header((struct header_case){LISTS[i].inputs[j], LISTS[i].result, NULL, NULL});
}

/* 107 octets are the most, of which the last two are CRLF. */
static void test_v1_length(void)
{
    for (size_t len = 60; len < 200; len++) {
        struct header_case c = {{NULL, 0}, len <= 107 ? LOCAL : MALFORMED, NULL, NULL};
        char bytes[200];

        memset(bytes, 'f', sizeof(bytes));
        memcpy(bytes, "PROXY UNKNOWN ", 14);
        memcpy(bytes + len - 2, "\r\n", 2);
        c.input = span_of(bytes, len);
        test_every_split(c.input, feed, &c);

        /* One that never ends is known as soon as it is too long. */
        bytes[len - 2] = 'f';
        CHECK(read_copy(span_of(bytes, len - 1), &(struct proxy_header){0}) ==
              (len - 1 < 107 ? 0 : MALFORMED));
        memset(bytes, 'f', len);
        memcpy(bytes, "PROXY TCP6 ", 11);
        CHECK(read_copy(span_of(bytes, len - 1), &(struct proxy_header){0}) ==
              (len - 1 < 107 ? 0 : MALFORMED));
    }
}

/* One length: the header ends where it says, or is refused before its end has come. */
static void check_v2_length(unsigned command, unsigned family, unsigned protocol, unsigned len)
{
    static char bytes[16 + UINT16_MAX] = V2;
    static const unsigned least[] = {0, 12, 36, 216, 0};
    bool known = command == 0 || (family < 4 && protocol < 3);
    bool addressed = command == 1 && known && family != 0 && protocol != 0;
    bool told = addressed && family < 3 && protocol == 1;
    bool good = known && len <= 4080 && (!addressed || len >= least[family]);
    struct proxy_header header;
    long n;

    bytes[12] = (char)(0x20 | command);
    bytes[13] = (char)(family << 4 | protocol);
    bytes[14] = (char)(len >> 8);
    bytes[15] = (char)(len & 0xff);
    n = proxy_header_read(span_of(bytes, 16), &header);
    CHECK(n == (!good ? MALFORMED : len == 0 ? 16 : 0));
    if (!good || len == 0)
        return;
    CHECK(proxy_header_read(span_of(bytes, 15 + len), &header) == 0);
    /* Behind the addresses are TLVs of three zeroes each. */
    n = proxy_header_read(span_of(bytes, sizeof(bytes)), &header);
    CHECK(n == (!addressed || (len - least[family]) % 3 == 0 ? 16 + (long)len : MALFORMED));
    CHECK(n < 0 || header.local == !told);
}

/* Every length with either command, every family and protocol and one of each that there is not. */
static void test_v2_lengths(void)
{
    for (unsigned kind = 0; kind < 2 * 5 * 4; kind++)
        for (unsigned len = 0; len <= UINT16_MAX; len++)
            check_v2_length(kind & 1, kind / 2 % 5, kind / 10, len);
}

int main(void)
{
    test_cases();
    test_v1_length();
    test_v2_lengths();
    return test_end("smtp_proxy_header");
}
