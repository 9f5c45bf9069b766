/* session_trace.c: tests of session/trace: the Received field in its forms (RFC 5321 4.4, RFC 3848, RFC
 * 6531). */
#include "session/trace.h"

#include "session/transaction.h"
#include "session_fixture.h"

struct form {
    bool extended, authenticated, smtputf8;
    const char *protocol;
};

static void test_forms(void)
{
    static const struct form forms[] = {
        {false, false, false, " with SMTP id "},   {true, false, false, " with ESMTP id "},
        {true, true, false, " with ESMTPA id "},   {true, false, true, " with UTF8SMTP id "},
        {true, true, true, " with UTF8SMTPA id "},
    };
    struct fixture f;
    struct session *session;

    fixture_init(&f);
    f.settings.trace = TRACE_RECEIVED;
    fixture_serve(&f);
    session = fixture_open(&f, SPAN("250 mx.example\r\n"));
    session->transaction = transaction_new(session);
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        char bytes[1024];
        struct text text = TEXT(bytes);
        session->extended = forms[i].extended;
        session->authenticated = forms[i].authenticated;
        session->transaction->smtputf8 = forms[i].smtputf8;
        trace_print(session, &text);
        CHECK(memmem(bytes, text.len, forms[i].protocol, strlen(forms[i].protocol)) != NULL);
        CHECK(text.len > 2 && memcmp(bytes + text.len - 2, "\r\n", 2) == 0 && !text.cut);
    }
    fixture_end(&f);
}

static void test_whole(void)
{
    struct fixture f;
    struct session *session;
    char bytes[1024], expected[1024];
    struct text text = TEXT(bytes);
    int n;

    fixture_init(&f);
    f.settings.trace = TRACE_RECEIVED;
    fixture_serve(&f);
    session = fixture_open(&f, SPAN("250 mx.example\r\n"));
    trace_print(session, &text);
    CHECK(text.len == 0); /* no transaction */
    session->transaction = transaction_new(session);
    transaction_add_recipient(session->transaction, SPAN("b@example.org"))->code = 250;
    session->transaction->asked = session->transaction->accepted = 1;
    trace_print(session, &text);
    n = snprintf(expected, sizeof(expected),
                 "Received: from client.example ([192.0.2.10])\r\n"
                 "\tby proxy.example (Postern) with ESMTP id %s\r\n"
                 "\tfor <b@example.org>; Thu, 1 Jan 2026 00:00:01 +0000\r\n",
                 session->transaction->id);
    CHECK_SPAN(text_span(&text), span_of(expected, (size_t)n));
    f.settings.trace = TRACE_NONE;
    text.len = 0;
    trace_print(session, &text);
    CHECK(text.len == 0);
    fixture_end(&f);
}

int main(void)
{
    test_forms();
    test_whole();
    return test_end("session_trace");
}
