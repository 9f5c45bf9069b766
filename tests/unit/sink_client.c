/* sink_client.c: tests of sink/sink_front.c and sink/sink_client.c: who the client is said to be, by PROXY,
 * XCLIENT and XFORWARD; whole, octet by octet and cut anywhere. TLS is left to tests/e2e/sink.py. */
#include "sink_fixture.h"

#define HELLO "220 sink.example ESMTP Postern sink\r\n"
#define MAIL                                                                                                 \
    "250 Sender accepted\r\n250 Recipient accepted\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 Message "   \
    "stored\r\n"
#define V2_TCP4 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\x12\x34\0\x19"
#define V2_TCP6                                                                                              \
    "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05\x20\x01\x0d\xb8"           \
    "\0\0\0\0\0\0\0\0\0\0\0\x06\x12\x34\0\x19"
#define V2_LOCAL "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"

struct dialogue {
    const char *name;
    bool proxy, xclient;
    struct span first;     /* before anything is awaited */
    struct span groups[4]; /* sent one after the other; then a message */
    const char *expected;
    const char *peer; /* that the message came from; NULL: none was stored */
    uint16_t port;
    bool finished; /* by the sink */
};

static const struct dialogue dialogues[] = {
    {.name = "version 1",
     .proxy = true,
     .first = SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 4660 25\r\n"),
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "192.0.2.1",
     .port = 4660},
    {.name = "version 1, six",
     .proxy = true,
     .first = SPAN("PROXY TCP6 2001:db8::5 2001:db8::6 4660 25\r\n"),
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "2001:db8::5",
     .port = 4660},
    {.name = "version 2",
     .proxy = true,
     .first = {V2_TCP4, sizeof(V2_TCP4) - 1},
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "192.0.2.1",
     .port = 4660},
    {.name = "version 2, six",
     .proxy = true,
     .first = {V2_TCP6, sizeof(V2_TCP6) - 1},
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "2001:db8::5",
     .port = 4660},
    {.name = "no client",
     .proxy = true,
     .first = {V2_LOCAL, sizeof(V2_LOCAL) - 1},
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "unknown",
     .proxy = true,
     .first = SPAN("PROXY UNKNOWN\r\n"),
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "none", .proxy = true, .first = SPAN("EHLO c.org\r\n"), .expected = "", .finished = true},
    {.name = "malformed",
     .proxy = true,
     .first = SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 99999 25\r\n"),
     .expected = "",
     .finished = true},
    {.name = "not awaited",
     .first = SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 4660 25\r\n"),
     .groups = {SPAN("HELO c.org\r\n")},
     .expected = HELLO "500 Unknown command\r\n250 sink.example\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "xclient",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XCLIENT ADDR=192.0.2.9 PORT=99 NAME=c.org HELO=c+2Eorg\r\n"), SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" HELLO "250 sink.example\r\n" MAIL,
     .peer = "192.0.2.9",
     .port = 99},
    {.name = "xclient, six",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XCLIENT ADDR=IPV6:2001:db8::9\r\n"), SPAN("HELO c.org\r\n")},
     .expected = HELLO "250 sink.example\r\n" HELLO "250 sink.example\r\n" MAIL,
     .peer = "2001:db8::9",
     .port = 4321},
    {.name = "xclient starts over",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XCLIENT ADDR=192.0.2.9\r\n")},
     .expected =
         HELLO "250 sink.example\r\n" HELLO
               "503 Say EHLO first\r\n503 Say EHLO first\r\n503 Say EHLO first\r\n421 This is SMTP\r\n",
     .finished = true},
    {.name = "xclient, bad",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XCLIENT ADDR=nowhere\r\n"), SPAN("XCLIENT IDENT=1\r\n"), SPAN("XCLIENT\r\n")},
     .expected = HELLO "250 sink.example\r\n501 Bad attributes\r\n501 Bad attributes\r\n501 An argument is "
                       "needed\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "xclient within a transaction",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("MAIL FROM:<a@x.org>\r\n"), SPAN("XCLIENT ADDR=192.0.2.9\r\n"), SPAN("RSET\r\n")},
     .expected = HELLO "250 sink.example\r\n250 Sender accepted\r\n503 Not within a transaction\r\n250 "
                       "Reset\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "xforward",
     .xclient = true,
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XFORWARD ADDR=192.0.2.9 SOURCE=REMOTE\r\n"), SPAN("XFORWARD LOGIN=ann\r\n")},
     .expected = HELLO "250 sink.example\r\n250 Noted\r\n501 Bad attributes\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
    {.name = "not offered",
     .first = SPAN("HELO proxy.org\r\n"),
     .groups = {SPAN("XCLIENT ADDR=192.0.2.9\r\n"), SPAN("XFORWARD ADDR=192.0.2.9\r\n"),
                SPAN("STARTTLS\r\n")},
     .expected =
         HELLO "250 sink.example\r\n502 Command not implemented\r\n502 Command not implemented\r\n502 "
               "Command not implemented\r\n" MAIL,
     .peer = "192.0.2.7",
     .port = 4321},
};

static void check_stored(const struct dialogue *dialogue, const struct fixture *fixture)
{
    struct ip peer;

    CHECK(fixture->store.count == (dialogue->peer != NULL ? 1 : 0));
    if (fixture->store.first == NULL || dialogue->peer == NULL)
        return;
    CHECK(ip_parse(span_str(dialogue->peer), &peer));
    CHECK(memcmp(fixture->store.first->envelope.peer.bytes, peer.bytes, sizeof(peer.bytes)) == 0);
    CHECK(fixture->store.first->envelope.peer.port == dialogue->port);
}

static void play(void *arg, struct span first, struct test_split split)
{
    static const struct span message[] = {SPAN("MAIL FROM:<a@x.org>\r\n"), SPAN("RCPT TO:<b@y.org>\r\n"),
                                          SPAN("DATA\r\n"), SPAN("S: x\r\n"), SPAN(".\r\n")};
    const struct dialogue *dialogue = arg;
    struct fixture fixture;
    struct client client = {0};
    int before = test_failures;

    fixture_init(&fixture);
    fixture.options.proxy = dialogue->proxy;
    fixture.options.xclient = dialogue->xclient;
    fixture_start(&fixture);
    client_connect(&client, &fixture);
    CHECK(!dialogue->proxy || client.got_len == 0);
    client_send_split(&client, first, split);
    for (size_t i = 0; i < 4; i++)
        client_send_split(&client, dialogue->groups[i], split);
    for (size_t i = 0; i < sizeof(message) / sizeof(*message); i++)
        client_send_split(&client, message[i], split);
    CHECK_SPAN(client_got(&client), span_str(dialogue->expected));
    CHECK(client.finished == dialogue->finished);
    check_stored(dialogue, &fixture);
    if (test_failures != before)
        fprintf(stderr, "in \"%s\", split %d at %zu\n", dialogue->name, (int)split.kind, split.at);
    fixture_end(&fixture);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(*dialogues); i++)
        test_every_split(dialogues[i].first, play, (void *)&dialogues[i]);
    return test_end("sink_client");
}
