/* smtp_proxy_fixture.h: what the tests of PROXY headers share: octets to make headers of, and a check of one
 * read in pieces. */
#ifndef SMTP_PROXY_FIXTURE_H
#define SMTP_PROXY_FIXTURE_H

#include "smtp/proxy_header.h"
#include "test.h"

#define V2        "\r\n\r\n\0\r\nQUIT\n"
#define INET      V2 "\x21\x11"
#define INET6     V2 "\x21\x21"
#define CLIENT    "\xc0\0\2\1" /* 192.0.2.1 */
#define SERVER    "\xc6\x33\x64\x19"
#define PORTS     "\xdb\xa0\0\x19" /* 56224, 25 */
#define CLIENT6   "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define SERVER6   "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
#define MAPPED    "\0\0\0\0\0\0\0\0\0\0\xff\xff"
#define ADDRESSES CLIENT SERVER PORTS

enum { ABSENT = PROXY_HEADER_ABSENT, MALFORMED = PROXY_HEADER_MALFORMED, WHOLE = 1, LOCAL = 2 };

struct header_case {
    struct span input;
    long result; /* WHOLE: all of it, from and to as below; LOCAL: all of it; 0 or enum proxy_header_error */
    const char *from, *to;
};

static inline bool is(const struct ip *ip, const char *expected)
{
    char bytes[IP_TEXT_MAX + 8];
    struct text text = TEXT(bytes);

    ip_print(&text, ip);
    text_format(&text, " %u", (unsigned)ip->port);
    return span_eq(text_span(&text), span_str(expected));
}

/* Reads from a copy that ends where the data does. */
static inline long read_copy(struct span data, struct proxy_header *out)
{
    char *copy = malloc(data.len + (data.len == 0));
    long n;

    REQUIRE(copy != NULL);
    memcpy(copy, data.ptr, data.len);
    n = proxy_header_read(span_of(copy, data.len), out);
    out->authority = out->tls_version = (struct span){0};
    free(copy);
    return n;
}

/* The reader sees the header grow from its start; what follows it may come along with it. */
static inline void feed(void *arg, struct span input, struct test_split split)
{
    const struct header_case *c = arg;
    bool good = c->result == WHOLE || c->result == LOCAL;
    struct proxy_header header = {0};
    long n = 0;

    for (size_t have = 0; n == 0 && have < input.len;) {
        have = test_piece_end(split, have, input.len);
        n = read_copy(span_first(input, have), &header);
    }
    CHECK(n == (good ? (long)c->input.len : c->result));
    CHECK(!good || header.local == (c->result == LOCAL));
    if (c->result == WHOLE && n > 0)
        CHECK(is(&header.source, c->from) && is(&header.destination, c->to));
    else if (n > 0)
        CHECK(header.source.family == 0 && header.destination.family == 0);
}

/* Alone and, unless it is only the beginning of a header, with what may follow. */
static inline void test_header(struct header_case c)
{
    char bytes[512];
    struct text more = TEXT(bytes);
    int before = test_failures;

    test_every_split(c.input, feed, &c);
    if (c.result != 0) {
        text_add(&more, c.input);
        text_add(&more, SPAN("EHLO client.example\r\n"));
        test_every_split(text_span(&more), feed, &c);
    }
    if (test_failures != before)
        fprintf(stderr, "  in %.*s\n", (int)c.input.len, c.input.ptr);
}

#endif
