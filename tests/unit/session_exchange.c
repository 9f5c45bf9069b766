/* session_exchange.c: tests of session/exchange: replies leave in the order of commands, whoever made them.
 */
#include "session/exchange.h"

#include "session/verbs.h"
#include "session_fixture.h"

static struct span ok = {"250 mx.example\r\n", 16};

static void test_order(void)
{
    struct fixture f;
    struct session *session;
    struct exchange *one, *two, *three;

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, ok);
    one = exchange_add(session, verbs_row(VERB_NOOP));
    two = exchange_add(session, verbs_row(VERB_NOOP));
    three = exchange_add(session, verbs_row(VERB_NOOP));
    exchange_answer(session, three, 250, NULL, SPAN("three"));
    exchange_answer(session, two, 250, NULL, SPAN("two"));
    session_advance(session);
    CHECK_HEARD(f.client, "");
    exchange_answer(session, one, 250, NULL, SPAN("one"));
    session_advance(session);
    CHECK_HEARD(f.client, "250 one\r\n250 two\r\n250 three\r\n");
    CHECK(session->exchanges.count == 0);
    fixture_end(&f);
}

/* RFC 2034 4: enhanced codes only where they are offered; before EHLO they do no harm. */
static void test_enhanced(void)
{
    struct fixture f;
    struct session *session;
    static const struct reply reply = {550, "5.7.1", "No"};

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, ok);
    exchange_say(session, exchange_add(session, verbs_row(VERB_NOOP)), &reply);
    session_advance(session);
    CHECK_HEARD(f.client, "550 No\r\n");
    session->offered |= UINT64_C(1) << KEYWORD_ENHANCEDSTATUSCODES;
    exchange_say(session, exchange_add(session, verbs_row(VERB_NOOP)), &reply);
    session_advance(session);
    CHECK_HEARD(f.client, "550 5.7.1 No\r\n");
    fixture_end(&f);
}

static void test_relay(void)
{
    struct fixture f;
    struct session *session;
    struct reply_in in = {550, SPAN("550-5.7.1 one\r\n550 5.7.1 two\r\n"), 2};
    struct reply_in strange = {354, SPAN("354 go\r\n"), 1};

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, ok);
    exchange_relay(session, exchange_add(session, verbs_row(VERB_NOOP)), &in);
    exchange_relay_or_fail(session, exchange_add(session, verbs_row(VERB_NOOP)), NULL);
    session_advance(session);
    CHECK_HEARD(f.client, "550-5.7.1 one\r\n550 5.7.1 two\r\n451 Lost the mail server in mid-command\r\n");
    /* An intermediate reply nobody asked for is no answer. */
    exchange_relay_or_fail(session, exchange_add(session, verbs_row(VERB_NOOP)), &strange);
    session_advance(session);
    CHECK_HEARD(f.client, "451 Lost the mail server in mid-command\r\n");
    CHECK(session->leg == NULL && f.upstream->closed);
    fixture_end(&f);
}

/* A client that takes nothing: replies are kept, none is lost, none overtakes. */
static void test_no_room(void)
{
    struct fixture f;
    struct session *session;
    char long_text[401];
    size_t each;

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, ok);
    f.client->stalled = true;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[400] = '\0';
    for (unsigned i = 0; i < 200; i++) {
        exchange_answer(session, exchange_add(session, verbs_row(VERB_NOOP)), 250, NULL, span_str(long_text));
        session_advance(session);
    }
    CHECK(session->exchanges.count != 0 && f.client->from.len == 0);
    f.client->stalled = false;
    lab_run(&f.lab);
    each = sizeof("250 \r\n") - 1 + 400;
    CHECK(f.client->from.len == 200 * each);
    for (unsigned i = 0; i < 200; i++)
        CHECK(memcmp(f.client->from.ptr + i * each, "250 xxx", 7) == 0);
    CHECK(session->exchanges.count == 0);
    fixture_end(&f);
}

int main(void)
{
    test_order();
    test_enhanced();
    test_relay();
    test_no_room();
    return test_end("session_exchange");
}
