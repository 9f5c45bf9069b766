/* Dialogues with the sink: what it answers, what it stores, how it ends; whole, octet by octet and cut
 * anywhere. */
#include "sink_fixture.h"

#define MAIL_GROUP "MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n"
#define MAIL_OK    "250 2.1.0 Sender accepted\r\n250 2.1.5 Recipient accepted\r\n"
#define GO         "354 End data with <CR><LF>.<CR><LF>\r\n"
#define EHLO_OK                                                                                              \
    "250-sink.example at your "                                                                              \
    "service\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"                   \
    "250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-AUTH PLAIN LOGIN\r\n250-LIMITS "       \
    "RCPTMAX=100\r\n"                                                                                        \
    "250-VRFY\r\n250-ETRN\r\n250 HELP\r\n"
#define STORED "250 2.0.0 Message stored\r\n"
#define HELLO  "220 sink.example ESMTP Postern sink\r\n"

#define GROUPS 12

struct dialogue {
    const char *name;
    const char *at[3]; /* rules */
    const char *hide;  /* keyword */
    const char *auth;
    uint64_t size;
    struct span groups[GROUPS]; /* sent one after the other; the answer to each is awaited */
    const char *expected;       /* all that is answered */
    const char *content;        /* of the last stored message; NULL: none */
    unsigned stored;
    bool greeted;  /* EHLO is said, and its answer left out of `expected` */
    bool finished; /* by the sink */
    bool aborted;  /* with a reset */
};

static const struct dialogue dialogues[] = {
    {.name = "ehlo, quit",
     .groups = {SPAN("EHLO c.org\r\n"), SPAN("QUIT\r\n")},
     .expected = HELLO EHLO_OK "221 2.0.0 Bye\r\n",
     .finished = true},
    {.name = "helo: no enhanced codes, no parameters",
     .groups = {SPAN("helo c.org\r\n"), SPAN("MAIL FROM:<a@x.org> SIZE=1\r\n"),
                SPAN("MAIL FROM:<a@x.org>\r\n")},
     .expected = HELLO "250 sink.example\r\n555 Parameter not offered here\r\n250 Sender accepted\r\n"},
    {.name = "a message, dots unstuffed",
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("S: x\r\n\r\n..\r\n...a\r\n.\r\n"), SPAN("QUIT\r\n")},
     .expected = MAIL_OK GO STORED "221 2.0.0 Bye\r\n",
     .content = "S: x\r\n\r\n.\r\n..a\r\n",
     .stored = 1,
     .finished = true},
    {.name = "two messages, the second empty",
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("a\r\n.\r\nRSET\r\n" MAIL_GROUP), SPAN(".\r\n")},
     .expected = MAIL_OK GO STORED "250 2.0.0 Reset\r\n" MAIL_OK GO STORED,
     .content = "",
     .stored = 2},
    {.name = "order",
     .groups = {SPAN("MAIL FROM:<a@x.org>\r\n"), SPAN("EHLO c.org\r\n"), SPAN("RCPT TO:<b@y.org>\r\n"),
                SPAN("DATA\r\n"), SPAN("MAIL FROM:<>\r\nMAIL FROM:<>\r\n"), SPAN("DATA\r\n"),
                SPAN("AUTH PLAIN AGEAYg==\r\n")},
     .expected = HELLO
     "503 Say EHLO first\r\n" EHLO_OK "503 5.5.1 Say MAIL first\r\n503 5.5.1 Say MAIL first\r\n"
     "250 2.1.0 Sender accepted\r\n503 5.5.1 Not within a transaction\r\n503 5.5.1 No recipients\r\n"
     "503 5.5.1 Not within a transaction\r\n"},
    {.name = "syntax",
     .greeted = true,
     .groups = {SPAN("MAIL FROM: <a@x.org>\r\n"), SPAN("MAIL <a@x.org>\r\n"),
                SPAN("MAIL FROM:<a@x.org>SIZE=1\r\n"), SPAN("MAIL FROM:<a@x.org> FOO=1\r\n"),
                SPAN("RSET now\r\n"), SPAN("VRFY\r\n"), SPAN("FROB\r\n"), SPAN("EXPN x\r\n"),
                SPAN("NO\nOP\r\n"), SPAN("NO\0OP\r\n"), SPAN("\r\n"), SPAN("EHLO a b\r\n")},
     .expected =
         "501 5.1.7 Malformed path\r\n501 5.5.4 Malformed path\r\n501 5.5.4 A space must follow the path\r\n"
         "555 5.5.4 Parameter not offered here\r\n501 5.5.4 No argument is allowed\r\n"
         "501 5.5.4 An argument is needed\r\n500 5.5.1 Unknown command\r\n502 5.5.1 Command not "
         "implemented\r\n"
         "500 5.5.2 Bare CR, bare LF or NUL in a command\r\n500 5.5.2 Bare CR, bare LF or NUL in a "
         "command\r\n"
         "500 5.5.2 Not a command\r\n501 5.5.4 A domain or an address literal must follow\r\n"},
    {.name = "small verbs",
     .greeted = true,
     .groups = {SPAN("NOOP x\r\n"), SPAN("VRFY a\r\n"), SPAN("HELP\r\n"), SPAN("ETRN x.org\r\n")},
     .expected =
         "250 2.0.0 Nothing done\r\n252 2.0.0 Not verified, but would be accepted\r\n"
         "214 2.0.0 This server keeps what it gets; see postern(1)\r\n251 2.0.0 No messages waiting\r\n"},
    {.name = "another protocol",
     .groups = {SPAN("GET / HTTP/1.1\r\n")},
     .expected = HELLO "421 This is SMTP\r\n",
     .finished = true},
    {.name = "utf-8 needs SMTPUTF8",
     .greeted = true,
     .groups = {SPAN("MAIL FROM:<\xc3\xbc@x.org>\r\n"), SPAN("MAIL FROM:<\xc3\xbc@x.org> SMTPUTF8\r\n")},
     .expected =
         "553 5.6.7 Path not allowed without SMTPUTF8, or malformed UTF-8\r\n250 2.1.0 Sender accepted\r\n"},
    {.name = "bare LF ends nothing and is refused",
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("a\r\n.\nMAIL FROM:<evil@x.org>\r\nb\n.\r\n\r\n.\r\n"),
                SPAN("RSET\r\n")},
     .expected = MAIL_OK GO "554 5.6.0 Bare CR, bare LF or NUL in the message\r\n250 2.0.0 Reset\r\n"},
    {.name = "SIZE",
     .size = 10,
     .groups = {SPAN("HELO c.org\r\n"), SPAN("EHLO c.org\r\n"), SPAN("MAIL FROM:<> SIZE=11\r\n"),
                SPAN(MAIL_GROUP), SPAN("123456789\r\n.\r\n"), SPAN(MAIL_GROUP), SPAN("12345678\r\n.\r\n")},
     .hide = "LIMITS",
     .expected =
         HELLO "250 sink.example\r\n250-sink.example at your service\r\n250-PIPELINING\r\n250-SIZE 10\r\n"
               "250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n"
               "250-BINARYMIME\r\n250-AUTH PLAIN LOGIN\r\n250-VRFY\r\n250-ETRN\r\n250 HELP\r\n"
               "552 5.3.4 Message too big\r\n" MAIL_OK GO "552 5.3.4 Message too big\r\n" MAIL_OK GO STORED,
     .content = "12345678\r\n",
     .stored = 1},
    {.name = "chunks",
     .greeted = true,
     .groups = {SPAN(
         "MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nBDAT 4\r\n.\r\n\nBDAT 0\r\nBDAT 3 LAST\r\nx\r\n")},
     .expected = MAIL_OK "250 2.0.0 4 octets received\r\n250 2.0.0 0 octets received\r\n" STORED,
     .content = ".\r\n\nx\r\n",
     .stored = 1},
    {.name = "DATA after BDAT, BINARYMIME with DATA",
     .greeted = true,
     .groups = {SPAN("MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<b@y.org>\r\nDATA\r\n"), SPAN("BDAT 1\r\nx"),
                SPAN("DATA\r\n"), SPAN("RCPT TO:<c@y.org>\r\n"), SPAN("BDAT 0 LAST\r\n")},
     .expected =
         MAIL_OK "503 5.5.1 BINARYMIME needs BDAT\r\n250 2.0.0 1 octets received\r\n"
                 "503 5.5.1 Not within a transaction\r\n503 5.5.1 Not within a transaction\r\n" STORED,
     .content = "x",
     .stored = 1},
    {.name = "a refused chunk is read, and spoils the message",
     .at = {"BDAT#2=tempfail"},
     .greeted = true,
     .groups = {SPAN("BDAT 6\r\nQUIT\r\nMAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nBDAT 1\r\naBDAT "
                     "6\r\nQUIT\r\nBDAT 1 LAST\r\nb"
                     "RSET\r\n")},
     .expected = "503 5.5.1 Say MAIL first\r\n" MAIL_OK
                 "250 2.0.0 1 octets received\r\n451 4.3.0 Told to answer so\r\n"
                 "503 5.5.1 A chunk of this message was refused\r\n250 2.0.0 Reset\r\n"},
    {.name = "a malformed chunk has no end",
     .greeted = true,
     .groups = {SPAN("BDAT x\r\n")},
     .expected = "501 5.5.4 Malformed BDAT: no telling where its chunk ends\r\n",
     .finished = true},
    {.name = "hidden CHUNKING",
     .hide = "CHUNKING",
     .groups = {SPAN("EHLO c.org\r\n"), SPAN("BDAT 1\r\n"), SPAN("MAIL FROM:<> BODY=BINARYMIME\r\n")},
     .expected = HELLO
     "250-sink.example at your "
     "service\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
     "250-ENHANCEDSTATUSCODES\r\n250-AUTH PLAIN LOGIN\r\n250-LIMITS RCPTMAX=100\r\n250-VRFY\r\n250-ETRN\r\n"
     "250 HELP\r\n502 5.5.1 Command not implemented\r\n555 5.5.4 Parameter not offered here\r\n"},
    {.name = "AUTH",
     .auth = "u:p:q",
     .greeted = true,
     .groups = {SPAN("AUTH CRAM-MD5\r\n"), SPAN("AUTH PLAIN\r\n"), SPAN("*\r\n"),
                SPAN("AUTH PLAIN AHUAeA==\r\n"), SPAN("AUTH PLAIN !!!!\r\n"), SPAN("AUTH PLAIN dQ==\r\n"),
                SPAN("AUTH LOGIN\r\n"), SPAN("dQ==\r\n"), SPAN("cDpx\r\n"), SPAN("AUTH LOGIN dQ==\r\n")},
     .expected = "504 5.5.4 Mechanism not offered\r\n334 \r\n501 5.7.0 Cancelled\r\n535 5.7.8 Wrong user or "
                 "password\r\n"
                 "501 5.5.2 Malformed base64, or too long\r\n501 5.5.2 Malformed PLAIN response\r\n"
                 "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 Authenticated\r\n503 5.5.1 Not after "
                 "HELO, and not twice\r\n"},
    {.name = "AUTH PLAIN, anyone",
     .greeted = true,
     .groups = {SPAN("AUTH PLAIN\r\n"), SPAN("AHUAcA==\r\n"), SPAN("RSET\r\n")},
     .expected = "334 \r\n235 2.7.0 Authenticated\r\n250 2.0.0 Reset\r\n"},
    {.name = "turned away",
     .at = {"CONNECT=reject:554 Go away"},
     .groups = {SPAN("EHLO c.org\r\n"), SPAN("QUIT\r\n")},
     .expected = "554 Go away\r\n503 You were turned away\r\n221 Bye\r\n",
     .finished = true},
    {.name = "greeted with 421",
     .at = {"CONNECT=tempfail"},
     .expected = "421 Told to answer so\r\n",
     .finished = true},
    {.name = "no greeting", .at = {"CONNECT=drop"}, .expected = "", .finished = true},
    {.name = "scripted replies",
     .at = {"MAIL#1=reject:550 5.7.1 No", "RCPT#2=tempfail:452", "EOM=reject"},
     .greeted = true,
     .groups = {SPAN("MAIL FROM:<>\r\nMAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nRCPT TO:<c@y.org>\r\nDATA\r\n"),
                SPAN("x\r\n.\r\n")},
     .expected =
         "550 5.7.1 No\r\n" MAIL_OK "452 4.3.0 Told to answer so\r\n" GO "554 5.3.0 Told to answer so\r\n"},
    {.name = "dropped in the middle of the content",
     .at = {"BODY#4=drop"},
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("abcdef\r\n.\r\n")},
     .expected = MAIL_OK GO,
     .finished = true},
    {.name = "reset in the middle of a chunk",
     .at = {"BODY=reset"},
     .greeted = true,
     .groups = {SPAN("MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\n"), SPAN("BDAT 5 LAST\r\n12345")},
     .expected = MAIL_OK,
     .aborted = true},
    {.name = "answered in the middle of the content",
     .at = {"BODY=reject:554"},
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("abcdef\r\nQUIT\r\n.\r\n"), SPAN("RSET\r\n")},
     .expected = MAIL_OK GO "554 5.3.0 Told to answer so\r\n250 2.0.0 Reset\r\n"},
    {.name = "dropped before it is stored",
     .at = {"EOM=drop"},
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("x\r\n.\r\n")},
     .expected = MAIL_OK GO,
     .finished = true},
    {.name = "stored, but its reply is lost",
     .at = {"STORED=drop"},
     .greeted = true,
     .groups = {SPAN(MAIL_GROUP), SPAN("x\r\n.\r\n")},
     .expected = MAIL_OK GO,
     .content = "x\r\n",
     .stored = 1,
     .finished = true},
    {.name = "garbage and 421",
     .at = {"NOOP=garbage", "RSET=tempfail:421"},
     .greeted = true,
     .groups = {SPAN("NOOP\r\n"), SPAN("RSET\r\n")},
     .expected = "This is not a reply\r\n421 4.3.0 Told to answer so\r\n",
     .finished = true},
};

static void set_up(struct fixture *fixture, const struct dialogue *dialogue)
{
    fixture_init(fixture);
    fixture->options.size = dialogue->size;
    fixture->options.auth = dialogue->auth;
    if (dialogue->hide != NULL)
        fixture->options.hidden = (uint64_t)1 << ehlo_keyword(span_str(dialogue->hide));
    for (size_t i = 0; i < 3 && dialogue->at[i] != NULL; i++)
        CHECK(sink_script_add(&fixture->options.script, span_str(dialogue->at[i])) == NULL);
    fixture_start(fixture);
}

static bool as_expected(const struct dialogue *dialogue, const struct fixture *fixture,
                        const struct client *client, size_t skip)
{
    const struct memory_message *last = fixture->store.last;

    if (!span_eq(span_skip(client_got(client), skip), span_str(dialogue->expected)))
        return false;
    if (client->finished != dialogue->finished || client->aborted != dialogue->aborted)
        return false;
    if (fixture->store.count != dialogue->stored || (last != NULL) != (dialogue->content != NULL))
        return false;
    return last == NULL || span_eq(span_of(last->content, last->len), span_str(dialogue->content));
}

static void run(const struct dialogue *dialogue, struct test_split split, bool slow)
{
    struct fixture fixture;
    struct client client = {.slow = slow};
    size_t skip = 0;

    set_up(&fixture, dialogue);
    client_connect(&client, &fixture);
    client_take(&client);
    if (dialogue->greeted) {
        client_send(&client, SPAN("EHLO c.org\r\n"));
        skip = client.got_len;
    }
    for (size_t i = 0; i < GROUPS && dialogue->groups[i].ptr != NULL; i++)
        client_send_split(&client, dialogue->groups[i], split);
    if (!as_expected(dialogue, &fixture, &client, skip)) {
        FAIL(dialogue->name);
        fprintf(stderr, "split %d at %zu: stored %u, finished %d, aborted %d, got\n%.*s\n", (int)split.kind,
                split.at, fixture.store.count, client.finished, client.aborted, (int)client.got_len,
                client.got);
    }
    fixture_end(&fixture);
    CHECK(client.closed);
}

static void check_dialogues(void)
{
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(*dialogues); i++) {
        size_t longest = 0;
        for (size_t k = 0; k < GROUPS; k++)
            if (dialogues[i].groups[k].len > longest)
                longest = dialogues[i].groups[k].len;
        run(&dialogues[i], (struct test_split){SPLIT_WHOLE, 0}, false);
        run(&dialogues[i], (struct test_split){SPLIT_WHOLE, 0}, true);
        run(&dialogues[i], (struct test_split){SPLIT_BYTES, 0}, false);
        for (size_t at = 1; at < longest; at++)
            run(&dialogues[i], (struct test_split){SPLIT_AT, at}, at % 2 != 0);
    }
}

/* Octets behind a command whose reply must be awaited are never looked at. */
static void check_out_of_turn(void)
{
    static const struct {
        struct span group;
        const char *expected;
        const char *hide;
    } cases[] = {
        {SPAN("EHLO c.org\r\nMAIL FROM:<>\r\n"),
         HELLO "554 Octets after a command whose reply must be awaited\r\n", NULL},
        {SPAN("RSET\r\nNOOP\r\n"), HELLO "554 Octets after a command whose reply must be awaited\r\n", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct fixture fixture;
        struct client client = {0};
        fixture_init(&fixture);
        fixture_start(&fixture);
        client_connect(&client, &fixture);
        client_send(&client, cases[i].group);
        CHECK_SPAN(client_got(&client), span_str(cases[i].expected));
        CHECK(client.finished);
        fixture_end(&fixture);
    }
}

static void check_delay(void)
{
    struct fixture fixture;
    struct client client = {0};
    size_t greeting;

    fixture_init(&fixture);
    CHECK(sink_script_add(&fixture.options.script, SPAN("CONNECT=delay:3s")) == NULL);
    CHECK(sink_script_add(&fixture.options.script, SPAN("RCPT=delay:1s")) == NULL);
    CHECK(sink_script_add(&fixture.options.script, SPAN("RCPT=reject:550 5.1.1 No")) == NULL);
    fixture_start(&fixture);
    client_connect(&client, &fixture);
    fixture_wait(&fixture, 2999);
    CHECK(client.got_len == 0);
    fixture_wait(&fixture, 1);
    CHECK_SPAN(client_got(&client), SPAN(HELLO));
    client_send(&client, SPAN("EHLO c.org\r\n"));
    greeting = client.got_len;
    client_send(&client, SPAN("MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nRSET\r\n"));
    CHECK_SPAN(span_skip(client_got(&client), greeting), SPAN("250 2.1.0 Sender accepted\r\n"));
    fixture_wait(&fixture, 999);
    CHECK_SPAN(span_skip(client_got(&client), greeting), SPAN("250 2.1.0 Sender accepted\r\n"));
    fixture_wait(&fixture, 1);
    CHECK_SPAN(span_skip(client_got(&client), greeting),
               SPAN("250 2.1.0 Sender accepted\r\n550 5.1.1 No\r\n250 2.0.0 Reset\r\n"));
    fixture_end(&fixture);
}

/* A client that says nothing is told so and let go; one that never reads its last reply is let go too. */
static void check_silence(void)
{
    struct fixture fixture;
    struct client client = {0};

    fixture_init(&fixture);
    fixture_start(&fixture);
    client_connect(&client, &fixture);
    fixture_wait(&fixture, 300000);
    CHECK_SPAN(client_got(&client), SPAN(HELLO "421 Nothing heard for too long\r\n"));
    CHECK(client.finished && !client.closed);
    fixture_wait(&fixture, 2000);
    CHECK(client.closed);
    CHECK(sink_server_sessions(fixture.server) == 0);
    fixture_end(&fixture);
}

/* A message whose client goes away is not stored, wherever that happens. */
static void check_hang_up(void)
{
    struct span all = SPAN("EHLO c.org\r\n\0" MAIL_GROUP "\0"
                           "text\r\n.");

    for (size_t end = 0; end <= all.len; end++) {
        struct fixture fixture;
        struct client client = {0};
        fixture_init(&fixture);
        fixture_start(&fixture);
        client_connect(&client, &fixture);
        for (size_t at = 0; at < end; at++)
            if (all.ptr[at] != '\0')
                client_send(&client, span_of(all.ptr + at, 1));
        client_hang_up(&client);
        CHECK(client.closed);
        CHECK(fixture.store.count == 0 && fixture.store.open == 0);
        fixture_end(&fixture);
    }
}

/* A store that takes no more, at each of its steps. */
static void check_full_store(void)
{
    for (int step = 0; step < 3; step++) {
        struct fixture fixture;
        struct client client = {0};
        size_t skip;
        fixture_init(&fixture);
        *(unsigned *[]){&fixture.store.begins_left, &fixture.store.writes_left,
                        &fixture.store.commits_left}[step] = 0;
        fixture_start(&fixture);
        client_connect(&client, &fixture);
        client_send(&client, SPAN("EHLO c.org\r\n"));
        skip = client.got_len;
        client_send(&client, SPAN(MAIL_GROUP));
        if (step != 0)
            client_send(&client, SPAN("text\r\n.\r\n"));
        CHECK_SPAN(span_skip(client_got(&client), skip),
                   step == 0 ? SPAN(MAIL_OK "452 4.3.1 Cannot store a message now\r\n")
                             : SPAN(MAIL_OK GO "452 4.3.1 Could not store the message\r\n"));
        CHECK(fixture.store.count == 0 && fixture.store.open == 0);
        fixture_end(&fixture);
    }
}

/* Over-long lines are answered once; MAIL may be longer by what its extensions need. */
static void check_long_lines(void)
{
    static char line[40000];
    static const size_t lengths[] = {513, 5000, 13000, 33000, 40000};
    struct fixture fixture;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        struct client client = {0};
        size_t skip;
        fixture_init(&fixture);
        fixture_start(&fixture);
        client_connect(&client, &fixture);
        client_send(&client, SPAN("EHLO c.org\r\n"));
        skip = client.got_len;
        memset(line, 'A', sizeof(line));
        line[4] = ' ';
        line[lengths[i] - 2] = '\r';
        line[lengths[i] - 1] = '\n';
        client_send(&client, span_of(line, lengths[i]));
        CHECK_SPAN(span_skip(client_got(&client), skip), SPAN("500 5.5.2 Line too long\r\n"));
        client_send(&client, SPAN("RSET\r\n"));
        CHECK_SPAN(span_skip(client_got(&client), skip),
                   SPAN("500 5.5.2 Line too long\r\n250 2.0.0 Reset\r\n"));
        fixture_end(&fixture);
    }
}

/* The envelope reaches the store as it was said. */
static void check_envelope(void)
{
    struct fixture fixture;
    struct client client = {0};
    const struct sink_envelope *envelope;

    fixture_init(&fixture);
    fixture_start(&fixture);
    client_connect(&client, &fixture);
    client_send(&client, SPAN("EHLO c.org\r\n"));
    client_send(&client,
                SPAN("MAIL FROM:<a@x.org> BODY=8BITMIME  RET=HDRS\r\nRCPT TO:<postmaster> NOTIFY=NEVER\r\n"
                     "RCPT TO:<\"b\"@y.org>\r\nBDAT 0 LAST\r\n"));
    CHECK(fixture.store.count == 1);
    if (fixture.store.count == 1) {
        envelope = &fixture.store.first->envelope;
        CHECK_SPAN(envelope->helo, SPAN("c.org"));
        CHECK_SPAN(envelope->reverse_path, SPAN("a@x.org"));
        CHECK_SPAN(envelope->parameters, SPAN("BODY=8BITMIME  RET=HDRS"));
        CHECK_SPAN(envelope->recipients->address, SPAN("postmaster"));
        CHECK_SPAN(envelope->recipients->parameters, SPAN("NOTIFY=NEVER"));
        CHECK_SPAN(envelope->recipients->next->address, SPAN("b@y.org"));
        CHECK(envelope->recipients->next->next == NULL);
        CHECK(envelope->extended && !envelope->authenticated && !envelope->binary);
        CHECK(envelope->peer.bytes[3] == 7);
    }
    fixture_end(&fixture);
}

int main(void)
{
    check_dialogues();
    check_out_of_turn();
    check_delay();
    check_silence();
    check_hang_up();
    check_full_store();
    check_long_lines();
    check_envelope();
    return test_end("sink_session");
}
