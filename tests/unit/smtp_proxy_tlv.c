/* smtp_proxy_tlv.c: TLVs of PROXY headers: what is told of the client, what does not end where it must, and
 * the checksum. */
#include "smtp_proxy_fixture.h"

struct name_case {
    struct span input;
    const char *authority, *tls_version; /* NULL: absent */
    bool malformed;
};

#define SSL "\x20\0"

/* The length octet of the header is filled in. */
static const struct name_case TLV_CASES[] = {
    {SPAN(""), NULL, NULL, false},
    {SPAN("\2\0\x0bserver.test"), "server.test", NULL, false},
    {SPAN("\2\0\0"), "", NULL, false},
    {SPAN("\1\0\4smtp\2\0\3a.b\4\0\1 "), "a.b", NULL, false},
    {SPAN(SSL "\x0f"
              "\1"
              "\0\0\0\0"
              "\x21\0\7TLSv1.3"),
     NULL, "TLSv1.3", false},
    {SPAN(SSL "\x16"
              "\7"
              "\0\0\0\1"
              "\x22\0\4name"
              "\x21\0\7TLSv1.2"),
     NULL, "TLSv1.2", false},
    {SPAN("\2\0\3a.b" SSL "\x0f"
          "\1"
          "\0\0\0\0"
          "\x21\0\7TLSv1.3"
          "\4\0\0"),
     "a.b", "TLSv1.3", false},
    {SPAN(SSL "\5"
              "\0"
              "\0\0\0\0"),
     NULL, NULL, false},
    {SPAN(SSL "\5"
              "\1"
              "\0\0\0\0"),
     NULL, NULL, false},
    {SPAN(SSL "\x0f"
              "\0"
              "\0\0\0\0"
              "\x21\0\7TLSv1.3"),
     NULL, NULL, false},                          /* the client did not use it */
    {SPAN("\x21\0\7TLSv1.3"), NULL, NULL, false}, /* not within PP2_TYPE_SSL */

    {SPAN(SSL "\0"), NULL, NULL, true},
    {SPAN(SSL "\4"
              "\1\0\0\0"),
     NULL, NULL, true},
    {SPAN(SSL "\6"
              "\1"
              "\0\0\0\0"
              "\x21"),
     NULL, NULL, true},
    {SPAN(SSL "\7"
              "\1"
              "\0\0\0\0"
              "\x21\0"),
     NULL, NULL, true},
    {SPAN(SSL "\x0e"
              "\1"
              "\0\0\0\0"
              "\x21\0\7TLSv1."),
     NULL, NULL, true},
    {SPAN(SSL "\x0e"
              "\1"
              "\0\0\0\0"
              "\x21\0\7TLSv1.3"),
     NULL, NULL, true}, /* into what follows */
    {SPAN(SSL "\x0e"
              "\1"
              "\0\0\0\0"
              "\x21\0\7TLSv1.\4\0\1 "),
     NULL, NULL, true},
    {SPAN(SSL "\x0f"
              "\1"
              "\0\0\0\0"
              "\x21\xff\7TLSv1.3"),
     NULL, NULL, true},
    {SPAN(SSL "\x0f"
              "\1"
              "\0\0\0\0"
              "\x21\0\7TLSv1."),
     NULL, NULL, true},
    {SPAN(SSL "\5"
              "\1"
              "\0\0\0\0" SSL "\5"
              "\1"
              "\0\0\0\0"),
     NULL, NULL, true},
    {SPAN("\2\0\3a.b\2\0\3c.d"), NULL, NULL, true},
    {SPAN("\2\0\4a.b"), NULL, NULL, true},
};

static void test_tlvs(void)
{
    for (size_t i = 0; i < sizeof(TLV_CASES) / sizeof(TLV_CASES[0]); i++) {
        const struct name_case *c = &TLV_CASES[i];
        struct header_case whole = {
            {NULL, 0}, c->malformed ? MALFORMED : WHOLE, "192.0.2.1 56224", "198.51.100.25 25"};
        struct proxy_header header;
        char bytes[128];
        struct text text = TEXT(bytes);
        int before = test_failures;

        text_add(&text, SPAN(INET "\0"));
        text_char(&text, (char)(12 + c->input.len));
        text_add(&text, SPAN(ADDRESSES));
        text_add(&text, c->input);
        whole.input = text_span(&text);
        test_every_split(whole.input, feed, &whole);
        if (!c->malformed) {
            CHECK(proxy_header_read(whole.input, &header) == (long)text.len);
            CHECK((header.authority.ptr != NULL) == (c->authority != NULL));
            CHECK_SPAN(header.authority, span_str(c->authority));
            CHECK((header.tls_version.ptr != NULL) == (c->tls_version != NULL));
            CHECK_SPAN(header.tls_version, span_str(c->tls_version));
        }
        if (test_failures != before)
            fprintf(stderr, "  in TLV case %zu\n", i);
    }
}

/* Every octet of a header with a checksum matters to it. */
static void test_checksum(void)
{
    char bytes[] = INET "\0\x18" ADDRESSES "\3\0\4"
                        "\x1a\x7d\x32\x4f"
                        "\4\0\2xy";
    struct proxy_header header;
    size_t len = sizeof(bytes) - 1;

    for (size_t i = 16; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            /* Another type than CRC32C's: there is no checksum then. */
            if (i != 28)
                CHECK(proxy_header_read(span_of(bytes, len), &header) == MALFORMED);
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
        }
    CHECK(proxy_header_read(span_of(bytes, len), &header) == (long)len);
}

int main(void)
{
    test_tlvs();
    test_checksum();
    return test_end("smtp_proxy_tlv");
}
