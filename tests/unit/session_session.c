/* session_session.c: tests of session/session: identity, facts, kept replies, the end. */
#include "session/session.h"

#include "base/mem.h"
#include "session_fixture.h"

static void test_kept_reply(void)
{
    struct kept_reply kept;
    char long_text[400];

    kept_reply_set(&kept, 550, SPAN("5.7.1"), SPAN("No\r\n250 Ok"));
    CHECK(kept.code == 550 && strcmp(kept.enhanced, "5.7.1") == 0);
    CHECK(strcmp(kept.text, "No?\n250 Ok") == 0); /* a line of its own, which will have the code in front */
    kept_reply_set(&kept, 451, SPAN("5.7.1"), SPAN("x")); /* of another class */
    CHECK(kept.enhanced[0] == '\0');
    memset(long_text, 'x', sizeof(long_text));
    kept_reply_set(&kept, 451, SPAN("4.0.0"), span_of(long_text, sizeof(long_text)));
    CHECK(strlen(kept.text) < sizeof(kept.text));
}

static void test_facts(void)
{
    struct fixture f;
    struct session *session;
    struct filter_facts facts;

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, SPAN("250 mx.example\r\n"));
    session_facts(session, &facts);
    CHECK(facts.session.len == 10 && facts.transaction.ptr == NULL);
    CHECK_SPAN(facts.client, SPAN("192.0.2.10"));
    CHECK_SPAN(facts.helo, SPAN("client.example"));
    CHECK_SPAN(facts.listener, SPAN("here"));
    CHECK(facts.client_family == 4 && facts.extended && !facts.authenticated);
    CHECK(facts.reverse_path.ptr == NULL);
    fixture_client_says(&f, SPAN("MAIL FROM:<>\r\n"));
    fixture_upstream_says(&f, SPAN("250 ok\r\n"));
    session_facts(session, &facts);
    CHECK(facts.transaction.len == 17);
    CHECK(facts.reverse_path.ptr != NULL && facts.reverse_path.len == 0);
    CHECK(facts.recipients == 0 && facts.size == 0);
    fixture_end(&f);
}

/* An idle session owns no block of the pool. */
static void test_idle(void)
{
    struct fixture f;

    fixture_init(&f);
    fixture_serve(&f);
    fixture_open(&f, SPAN("250 mx.example\r\n"));
    CHECK(f.lab.pool.leased == 0);
    fixture_client_says(&f, SPAN("NOO"));
    CHECK(f.lab.pool.leased == 1);
    fixture_client_says(&f, SPAN("P\r\n"));
    fixture_upstream_says(&f, SPAN("250 ok\r\n"));
    CHECK_HEARD(f.client, "250 ok\r\n");
    CHECK(f.lab.pool.leased == 0);
    fixture_end(&f);
}

/* Told twice to end, a session says so once. */
static void test_end_twice(void)
{
    struct fixture f;
    struct session *session;

    fixture_init(&f);
    fixture_serve(&f);
    session = fixture_open(&f, SPAN("250 mx.example\r\n"));
    session_end(session, 421, "4.3.2", "first");
    session_end(session, 421, "4.3.2", "second");
    session_advance(session);
    CHECK_HEARD(f.client, "421 first\r\n");
    CHECK(f.client->finished && f.upstream->closed);
    fixture_end(&f);
}

/* --- memory */

struct gate {
    unsigned left; /* allocations until the one that fails */
    bool shut;
};

static bool not_the_last(void *arg, size_t size)
{
    struct gate *gate = arg;

    (void)size;
    if (gate->left == 0)
        return true;
    gate->shut = --gate->left == 0;
    return !gate->shut;
}

/* What this answer of the upstream leads to, with the n-th allocation failing; false: there are not so many.
 */
static bool answered_without(struct fixture *f, struct span answer, unsigned n)
{
    struct gate gate = {.left = n};

    lab_pipe_send(f->upstream, answer);
    mem_set_gate(not_the_last, &gate);
    lab_run(&f->lab);
    mem_set_gate(NULL, NULL);
    return gate.shut;
}

/* Each allocation of the way from DATA to its 354 fails once: nothing is left, and the client is answered. */
static void test_no_memory(void)
{
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        struct fixture f;
        fixture_init(&f);
        fixture_serve(&f);
        fixture_open(&f, SPAN("250 mx.example\r\n"));
        fixture_client_says(&f, SPAN("MAIL FROM:<>\r\n"));
        fixture_upstream_says(&f, SPAN("250 ok\r\n"));
        fixture_client_says(&f, SPAN("RCPT TO:<b@example.org>\r\n"));
        fixture_upstream_says(&f, SPAN("250 ok\r\n"));
        fixture_client_says(&f, SPAN("DATA\r\n"));
        f.client->from.len = 0;
        failed = answered_without(&f, SPAN("354 go\r\n"), n);
        CHECK(f.client->from.len != 0 || f.client->closed);
        fixture_end(&f);
    }
}

int main(void)
{
    test_kept_reply();
    test_facts();
    test_idle();
    test_end_twice();
    test_no_memory();
    return test_end("session_session");
}
