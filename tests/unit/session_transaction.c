/* session_transaction.c: tests of session/transaction: references, recipients, the one line in the log. */
#include "session/transaction.h"

#include "session_fixture.h"

static const struct span nothing = {NULL, 0};

static struct session *begin(struct fixture *f)
{
    fixture_init(f);
    f->settings.connect = CONNECT_LATE;
    fixture_serve(f);
    fixture_arrive(f);
    return LIST_FIRST(&f->server->sessions);
}

static void test_ids(void)
{
    struct fixture f;
    struct session *session = begin(&f);
    struct transaction *first = transaction_new(session), *second;

    lab_pass(&f.lab, 1);
    second = transaction_new(session);
    CHECK(strlen(first->id) == 17 && strcmp(first->id, second->id) < 0);
    transaction_unref(first);
    transaction_unref(second);
    fixture_end(&f);
}

static void test_references(void)
{
    struct fixture f;
    struct session *session = begin(&f);
    struct transaction *transaction = transaction_new(session);

    session->transaction = transaction;
    transaction_ref(transaction);
    transaction_note(transaction, "rejected", "first", SPAN("because"), 550, SPAN("No"));
    transaction_note(transaction, "relayed", "second", nothing, 250, SPAN("Ok"));
    transaction_end(session, true);
    CHECK(session->transaction == NULL);
    CHECK(!fixture_logged(&f, "event=transaction"));
    transaction_unref(transaction);
    CHECK(fixture_logged(&f, "verdict=rejected filter=first reason=because code=550 reply=No"));
    CHECK(!fixture_logged(&f, "second"));
    transaction_end(session, true); /* none: nothing happens */
    CHECK(transaction_ref(NULL) == NULL);
    transaction_unref(NULL);
    transaction_note(NULL, "x", NULL, nothing, 0, nothing);
    fixture_end(&f);
}

static void test_recipients(void)
{
    struct fixture f;
    struct session *session = begin(&f);
    struct transaction *transaction = transaction_new(session);
    struct recipient *one = transaction_add_recipient(transaction, SPAN("a@example.org"));
    struct recipient *two = transaction_add_recipient(transaction, SPAN("b\x1b@example.org"));
    unsigned more = 0;

    CHECK(transaction->first == one && one->next == two && transaction->last == two);
    transaction_answer_recipient(transaction, one, 250, SPAN("Ok"));
    transaction_answer_recipient(transaction, two, 550, SPAN("Unknown"));
    transaction_answer_recipient(transaction, NULL, 550, SPAN("Unknown"));
    CHECK(one->reply.len == 0);
    CHECK_SPAN(two->reply, SPAN("Unknown"));
    /* The arena is bounded: at some recipient there is no room. */
    while (more < 10000 && transaction_add_recipient(transaction, SPAN("c@example.org")) != NULL)
        more++;
    CHECK(more > 10 && more < 10000);
    CHECK(transaction_add_recipient(transaction, SPAN("d@example.org")) == NULL);
    transaction_unref(transaction);
    CHECK(fixture_logged(&f, "a@example.org=250"));
    CHECK(fixture_logged(&f, "b\\x1b@example.org=550(Unknown)"));
    CHECK(fixture_logged(&f, "more_recipients="));
    fixture_end(&f);
}

int main(void)
{
    test_ids();
    test_references();
    test_recipients();
    return test_end("session_transaction");
}
