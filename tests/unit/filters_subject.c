/* filters_subject.c: which subjects are tagged, and how; what is no tag. */
#include "filters/filters.h"
#include "filters_fixture.h"

static const struct row {
    const char *value, *expected; /* NULL: as it was */
} rows[] = {
    {" hello", "Subject: [X] hello\r\n"},
    {"", "Subject: [X]\r\n"},
    {" \r\n hello\r\n\tworld ", "Subject: [X] hello\r\n\tworld\r\n"},
    {" [x] hello", NULL},
    {"\r\n [X]", NULL},
    {" Re: [X] hello", NULL},
    {" Re:Fwd:\r\n AW: [X]", NULL},
    {" Re: hello", "Subject: [X] Re: hello\r\n"},
    {" Letters: [X]", "Subject: [X] Letters: [X]\r\n"},
    {" : [X]", "Subject: [X] : [X]\r\n"},
    {" =?utf-8?q?=5BX=5D?=", "Subject: [X] =?utf-8?q?=5BX=5D?=\r\n"},
    {" [X", "Subject: [X] [X\r\n"},
};

static enum verdict ask_subject(struct fake_session *session, const char *value)
{
    struct chain_question question = {.event = FILTER_HEADER,
                                      .header = {.name = SPAN("SUBJECT"), .value = span_str(value)}};
    struct decision decision;

    return chain_ask(&session->run, &question, &decision);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        char section[256];
        struct text text = TEXT(section);

        yaml_begin(&yaml, &session, "subject: {tag: '[X] '}");
        fake_message_begin(&session);
        text_format(&text, "SUBJECT:%s\r\n", rows[i].value);
        CHECK(ask_subject(&session, rows[i].value) == VERDICT_CONTINUE);
        CHECK(fake_ask(&session, FILTER_END_OF_HEADERS, &decision) == VERDICT_CONTINUE);
        CHECK_SPAN(fake_edited(&session, text_span(&text)),
                   rows[i].expected != NULL ? span_str(rows[i].expected) : text_span(&text));
        chain_message_end(&session.run, false);
        yaml_end(&yaml, &session);
    }
}

/* A word that no line holds cannot be tagged: that is a failure, not a way around the tag. */
static void test_unwritable(void)
{
    struct yaml yaml;
    struct fake_session session;
    char value[1000];

    memset(value, 'x', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    yaml_begin(&yaml, &session, "subject");
    fake_message_begin(&session);
    CHECK(ask_subject(&session, value) == VERDICT_TEMPFAIL);
    chain_message_end(&session.run, true);
    fake_message_begin(&session);
    value[900] = '\0';
    CHECK(ask_subject(&session, value) == VERDICT_CONTINUE);
    chain_message_end(&session.run, false);
    yaml_end(&yaml, &session);
}

int main(void)
{
    registry_add(&filter_subject);
    test_rows();
    test_unwritable();
    yaml_refused("subject: {tag: ''}", "1 to 70");
    yaml_refused("subject: {tag: ' '}", "1 to 70");
    yaml_refused("subject: {tag: \"a\\tb\"}", "1 to 70");
    yaml_refused("subject: {tag: \"\\u00e9\"}", "1 to 70");
    return test_end("filters_subject");
}
