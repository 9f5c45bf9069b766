/* filters_commands.c: verbs allowed and denied, their keywords, and every limit. */
#include "filters/filters.h"
#include "filters_fixture.h"

static void test_verbs(void)
{
    static const struct {
        const char *filter, *verb;
        enum verdict verdict;
        unsigned code;
        const char *text;
    } rows[] = {
        {"commands: {deny: [VRFY, expn]}", "VRFY", VERDICT_REJECT, 502, "Command not allowed here"},
        {"commands: {deny: [VRFY, expn]}", "EXPN", VERDICT_REJECT, 502, "Command not allowed here"},
        {"commands: {deny: [VRFY, expn]}", "NOOP", VERDICT_CONTINUE, 0, NULL},
        {"commands: {allow: [EHLO, MAIL]}", "MAIL", VERDICT_CONTINUE, 0, NULL},
        {"commands: {allow: [EHLO, MAIL]}", "NOOP", VERDICT_REJECT, 502, "Command not allowed here"},
        {"commands: {allow: [EHLO, MAIL], deny: MAIL}", "MAIL", VERDICT_REJECT, 502,
         "Command not allowed here"},
        {"commands: {deny: HELP, reply: '550 5.7.0 Nothing for you'}", "HELP", VERDICT_REJECT, 550,
         "Nothing for you"},
        {"commands: {deny: HELP, reply: '450 Ask later'}", "HELP", VERDICT_TEMPFAIL, 450, "Ask later"},
        {"commands", "VRFY", VERDICT_CONTINUE, 0, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        yaml_begin(&yaml, &session, rows[i].filter);
        CHECK(fake_command(&session, rows[i].verb, "", &decision) == rows[i].verdict);
        CHECK(decision.code == rows[i].code);
        CHECK_SPAN(decision.text, span_str(rows[i].text));
        yaml_end(&yaml, &session);
    }
}

/* What is offered of AUTH, CHUNKING, DSN and VRFY, when the upstream has all four. */
static void test_keywords(void)
{
#define BIT(keyword) (UINT64_C(1) << KEYWORD_##keyword)
    static const struct {
        const char *filter;
        uint64_t set;
    } rows[] = {
        {"commands", BIT(AUTH) | BIT(CHUNKING) | BIT(DSN)},
        {"commands: {deny: [BDAT, AUTH]}", BIT(DSN)},
        {"commands: {allow: [EHLO, VRFY, AUTH]}", BIT(AUTH) | BIT(VRFY) | BIT(DSN)},
        {"commands: {allow: [EHLO, VRFY, AUTH], deny: VRFY}", BIT(AUTH) | BIT(DSN)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        struct ehlo upstream, offer;
        struct chain_question question = {.event = FILTER_CAPABILITIES,
                                          .capabilities = {.upstream = &upstream, .offer = &offer}};
        ehlo_clear(&upstream);
        ehlo_add_line(&upstream, SPAN("AUTH PLAIN"));
        ehlo_add_line(&upstream, SPAN("CHUNKING"));
        ehlo_add_line(&upstream, SPAN("DSN"));
        offer = upstream;
        ehlo_add_line(&upstream, SPAN("VRFY"));
        yaml_begin(&yaml, &session, rows[i].filter);
        CHECK(chain_ask(&session.run, &question, &decision) == VERDICT_CONTINUE);
        CHECK(offer.set == rows[i].set);
        yaml_end(&yaml, &session);
    }
}

static void test_line_length(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct decision decision;

    yaml_begin(&yaml, &session, "commands: {line_length: 12}");
    CHECK(fake_command(&session, "NOOP", "12345", &decision) == VERDICT_CONTINUE); /* 4 + 1 + 5 + CRLF */
    CHECK(fake_command(&session, "NOOP", "123456", &decision) == VERDICT_REJECT);
    CHECK(decision.code == 500);
    CHECK(fake_command(&session, "NOOPNOOPNO", "", &decision) == VERDICT_CONTINUE);
    CHECK(fake_command(&session, "NOOPNOOPNOO", "", &decision) == VERDICT_REJECT);
    yaml_end(&yaml, &session);
}

static void test_counted(void)
{
    static const struct {
        const char *filter, *verb, *other;
        unsigned limit;
    } rows[] = {{"commands: {max_noop: 3}", "NOOP", "RSET", 3},
                {"commands: {max_rset: 2}", "RSET", "NOOP", 2},
                {"commands: {max_vrfy: 1}", "VRFY", "RSET", 1},
                {"commands: {max_vrfy: 4}", "EXPN", "RSET", 4}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        yaml_begin(&yaml, &session, rows[i].filter);
        for (unsigned n = 0; n < rows[i].limit; n++) {
            CHECK(fake_command(&session, rows[i].verb, "", &decision) == VERDICT_CONTINUE);
            CHECK(fake_command(&session, rows[i].other, "", &decision) == VERDICT_CONTINUE);
        }
        CHECK(fake_command(&session, rows[i].verb, "", &decision) == VERDICT_DISCONNECT);
        CHECK(decision.code == 421);
        yaml_end(&yaml, &session);
    }
}

static void test_errors(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct decision decision;

    yaml_begin(&yaml, &session, "commands: {max_errors: 2}");
    CHECK(fake_reply(&session, "NOOP", 250, "2.0.0 Ok", &decision) == VERDICT_CONTINUE);
    CHECK(fake_reply(&session, "RCPT", 450, "4.2.0 Later", &decision) == VERDICT_CONTINUE);
    CHECK(fake_command(&session, "NOOP", "", &decision) == VERDICT_CONTINUE);
    CHECK(fake_reply(&session, "RCPT", 550, "5.1.1 No", &decision) == VERDICT_CONTINUE);
    CHECK(fake_command(&session, "QUIT", "", &decision) == VERDICT_CONTINUE);
    CHECK(fake_command(&session, "NOOP", "", &decision) == VERDICT_DISCONNECT);
    CHECK(decision.code == 421);
    CHECK_SPAN(span_str(decision.enhanced), SPAN("4.7.0"));
    yaml_end(&yaml, &session);
}

static void test_recipients(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct decision decision;

    yaml_begin(&yaml, &session, "commands: {max_recipients: 2}");
    for (unsigned message = 0; message < 2; message++) {
        fake_message_begin(&session);
        CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_CONTINUE);
        CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_CONTINUE);
        CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_TEMPFAIL);
        CHECK(decision.code == 452);
        CHECK_SPAN(span_str(decision.enhanced), SPAN("4.5.3"));
        chain_message_end(&session.run, false);
    }
    yaml_end(&yaml, &session);
}

int main(void)
{
    registry_add(&filter_commands);
    test_verbs();
    test_keywords();
    test_line_length();
    test_counted();
    test_errors();
    test_recipients();
    yaml_refused("commands: {reply: 250 fine}", "is no refusal");
    yaml_refused("commands: {reply: 421 bye}", "is no refusal");
    yaml_refused("commands: {reply: 5x2 bye}", "is no refusal");
    return test_end("filters_commands");
}
