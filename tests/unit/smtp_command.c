/* smtp_command.c: verbs, arguments and the first lines of other protocols. */
#include "smtp/command.h"

#include "test.h"

struct command_case {
    struct span line;
    int result;
    enum verb verb;
    const char *name;
    const char *arguments;
};

#define LINE(literal)                                                                                        \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

static const struct command_case cases[] = {
    {LINE("MAIL FROM:<a@b>"), 0, VERB_MAIL, "MAIL", "FROM:<a@b>"},
    {LINE("mAiL from:<a@b> SIZE=1"), 0, VERB_MAIL, "mAiL", "from:<a@b> SIZE=1"},
    {LINE("MAIL   FROM: <a@b>  "), 0, VERB_MAIL, "MAIL", "FROM: <a@b>"},
    {LINE("RCPT TO:<a b> \t "), 0, VERB_RCPT, "RCPT", "TO:<a b>"},
    {LINE("quit"), 0, VERB_QUIT, "quit", ""},
    {LINE("QUIT "), 0, VERB_QUIT, "QUIT", ""},
    {LINE("QUIT\t"), 0, VERB_QUIT, "QUIT", ""},
    {LINE("HELO a b"), 0, VERB_HELO, "HELO", "a b"},
    {LINE("EHLO"), 0, VERB_EHLO, "EHLO", ""},
    {LINE("NOOP MAIL FROM:"), 0, VERB_NOOP, "NOOP", "MAIL FROM:"},
    {LINE("X-LINK2STATE LAST CHUNK={"), 0, VERB_X_LINK2STATE, "X-LINK2STATE", "LAST CHUNK={"},
    {LINE("XEXCH50 2 2"), 0, VERB_XEXCH50, "XEXCH50", "2 2"},
    /* near misses */
    {LINE("MAILFROM:<a@b>"), 0, VERB_UNKNOWN, "MAILFROM:<a@b>", ""},
    {LINE("MAI"), 0, VERB_UNKNOWN, "MAI", ""},
    {LINE("MAIL\tFROM:<a@b>"), 0, VERB_UNKNOWN, "MAIL\tFROM:<a@b>", ""},
    {LINE("MAIL: <a@b>"), 0, VERB_UNKNOWN, "MAIL:", "<a@b>"},
    {LINE("X:y z"), 0, VERB_UNKNOWN, "X:y", "z"},
    {LINE("?"), -1, VERB_UNKNOWN, "", ""},
    {LINE(""), -1, VERB_UNKNOWN, "", ""},
    {LINE("  "), -1, VERB_UNKNOWN, "", ""},
    {LINE(" QUIT"), -1, VERB_UNKNOWN, "", ""},
    {LINE("1QUIT"), -1, VERB_UNKNOWN, "", ""},
    {LINE("."), -1, VERB_UNKNOWN, "", ""},
    {LINE("\xc3\x84HLO x"), -1, VERB_UNKNOWN, "", ""},
    /* other protocols */
    {LINE("GET / HTTP/1.1"), 0, VERB_FOREIGN, "GET", "/ HTTP/1.1"},
    {LINE("get /"), 0, VERB_FOREIGN, "get", "/"},
    {LINE("POST /x HTTP/1.0"), 0, VERB_FOREIGN, "POST", "/x HTTP/1.0"},
    {LINE("PUT /"), 0, VERB_FOREIGN, "PUT", "/"},
    {LINE("HEAD /"), 0, VERB_FOREIGN, "HEAD", "/"},
    {LINE("OPTIONS *"), 0, VERB_FOREIGN, "OPTIONS", "*"},
    {LINE("CONNECT mx:25 HTTP/1.1"), 0, VERB_FOREIGN, "CONNECT", "mx:25 HTTP/1.1"},
    {LINE("DELETE /"), 0, VERB_FOREIGN, "DELETE", "/"},
    {LINE("TRACE /"), 0, VERB_FOREIGN, "TRACE", "/"},
    {LINE("PATCH /"), 0, VERB_FOREIGN, "PATCH", "/"},
    {LINE("Host: example.org"), 0, VERB_FOREIGN, "Host:", "example.org"},
    {LINE("Content-Length: 5"), 0, VERB_FOREIGN, "Content-Length:", "5"},
    {LINE("Received:"), 0, VERB_FOREIGN, "Received:", ""},
    {LINE("\x16\x03\x01\x02\x00\x01"), -1, VERB_FOREIGN, "", ""},
    {LINE("\x16\x03"), -1, VERB_FOREIGN, "", ""},
    {LINE("\x16"), -1, VERB_UNKNOWN, "", ""},
    {LINE("\x16\x04\x00"), -1, VERB_UNKNOWN, "", ""},
};

static void test_lines(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct command_case *c = &cases[i];
        struct command command;
        int before = test_failures;

        CHECK(command_parse(c->line, &command) == c->result);
        CHECK(command.verb == c->verb);
        CHECK_SPAN(command.name, span_str(c->name));
        CHECK_SPAN(command.arguments, span_str(c->arguments));
        if (test_failures != before)
            fprintf(stderr, "in \"%.*s\"\n", (int)c->line.len, c->line.ptr);
    }
}

/* Every verb has a name of its own, and the name leads back to it. */
static void test_names(void)
{
    for (enum verb verb = VERB_UNKNOWN + 1; verb < VERB_FOREIGN; verb++)
        CHECK(command_verb(span_str(command_name(verb))) == verb);
    CHECK_SPAN(span_str(command_name(VERB_UNKNOWN)), SPAN("?"));
    CHECK_SPAN(span_str(command_name(VERB_FOREIGN)), SPAN("?"));
    CHECK(command_verb(SPAN("?")) == VERB_UNKNOWN);
    CHECK(command_verb(SPAN("")) == VERB_UNKNOWN);
    CHECK(command_verb(SPAN("starttls")) == VERB_STARTTLS);
    CHECK(command_verb(span_of("MAIL\0", 5)) == VERB_UNKNOWN);
}

int main(void)
{
    test_lines();
    test_names();
    return test_end("smtp_command");
}
