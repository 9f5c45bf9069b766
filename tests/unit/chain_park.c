/* chain_park.c: questions that wait, at each place in the chain: answered, too slow, withdrawn; timers. */
#include "chain_script.h"

#include "base/mem.h"

#define THREE 3

static const enum filter_event can_wait[] = {
    FILTER_CONNECT, FILTER_COMMAND,        FILTER_HELO,    FILTER_MAIL, FILTER_RCPT,          FILTER_DATA,
    FILTER_HEADER,  FILTER_END_OF_HEADERS, FILTER_CONTENT, FILTER_BODY, FILTER_END_OF_MESSAGE};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct three {
    struct fake_session session;
    struct script script[THREE];
};

static void open_three(struct three *three)
{
    static const char *const names[THREE] = {"first", "second", "third"};

    memset(three->script, 0, sizeof(three->script));
    fake_open(&three->session);
    for (unsigned i = 0; i < THREE; i++)
        script_add(&three->session, &three->script[i], names[i], CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
}

/* One waits at position `who`, is answered by its timer, and the others are asked in order. */
static void wait_at(enum filter_event event, unsigned who, enum verdict answer, enum verdict expected)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[who].verdict[event] = VERDICT_PENDING;
    three.script[who].timer = 300;
    three.script[who].answer = answer;
    if (event >= FILTER_MAIL)
        fake_message_begin(&three.session);
    CHECK(fake_ask(&three.session, event, &decision) == VERDICT_PENDING);
    CHECK(chain_pending(&three.session.run));
    for (unsigned i = 0; i < THREE; i++)
        CHECK(three.script[i].asked[event] == (i <= who));
    fake_pass(&three.session.world, 299);
    CHECK(three.session.resumed == 0);
    CHECK(chain_result(&three.session.run, &decision) == VERDICT_PENDING);
    fake_pass(&three.session.world, 1);
    CHECK(three.session.resumed == 1);
    CHECK(chain_result(&three.session.run, &decision) == expected);
    CHECK(!chain_pending(&three.session.run) && fake_alarms(&three.session.world) == 0);
    for (unsigned i = 0; i < THREE; i++)
        CHECK(three.script[i].asked[event] == (i <= who || expected == VERDICT_CONTINUE));
    CHECK(three.script[who].cancelled == 0);
    fake_close(&three.session);
}

static void test_each_place(void)
{
    for (size_t e = 0; e < COUNT(can_wait); e++)
        for (unsigned who = 0; who < THREE; who++) {
            wait_at(can_wait[e], who, VERDICT_CONTINUE, VERDICT_CONTINUE);
            wait_at(can_wait[e], who, VERDICT_ACCEPT, VERDICT_CONTINUE);
            wait_at(can_wait[e], who, VERDICT_REJECT, VERDICT_REJECT);
            wait_at(can_wait[e], who, VERDICT_DISCONNECT, VERDICT_DISCONNECT);
            wait_at(can_wait[e], who, VERDICT_FAIL, VERDICT_TEMPFAIL);
            wait_at(can_wait[e], who, VERDICT_PENDING, VERDICT_TEMPFAIL); /* not an answer */
        }
}

/* All three wait, one after the other. */
static void test_one_after_another(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    for (unsigned i = 0; i < THREE; i++) {
        three.script[i].verdict[FILTER_HELO] = VERDICT_PENDING;
        three.script[i].timer = 10;
    }
    CHECK(fake_ask(&three.session, FILTER_HELO, &decision) == VERDICT_PENDING);
    for (unsigned i = 0; i < THREE; i++) {
        CHECK_SPAN(span_str(decision.filter), i == 0   ? SPAN("first")
                                              : i == 1 ? SPAN("second")
                                                       : SPAN("third"));
        fake_pass(&three.session.world, 10);
        CHECK(three.session.resumed == i + 1);
        CHECK(chain_result(&three.session.run, &decision) ==
              (i + 1 < THREE ? VERDICT_PENDING : VERDICT_CONTINUE));
    }
    fake_close(&three.session);
}

static void test_time_limit(void)
{
    static const struct {
        enum chain_mode mode;
        enum chain_failure on_failure;
        enum verdict verdict;
    } rows[] = {{CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL, VERDICT_TEMPFAIL},
                {CHAIN_ENFORCE, CHAIN_FAIL_REJECT, VERDICT_REJECT},
                {CHAIN_ENFORCE, CHAIN_FAIL_PASS, VERDICT_CONTINUE},
                {CHAIN_OBSERVE, CHAIN_FAIL_REJECT, VERDICT_CONTINUE}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_session session;
        struct script slow = {.verdict[FILTER_MAIL] = VERDICT_PENDING, .header = "X-Slow"}, after = {0};
        struct decision decision;
        bool full;
        fake_open(&session);
        script_add(&session, &slow, "slow", rows[i].mode, rows[i].on_failure);
        script_add(&session, &after, "after", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
        fake_message_begin(&session);
        CHECK(fake_ask(&session, FILTER_MAIL, &decision) == VERDICT_PENDING);
        fake_pass(&session.world, 999);
        CHECK(session.resumed == 0 && slow.cancelled == 0);
        fake_pass(&session.world, 1);
        CHECK(session.resumed == 1 && slow.cancelled == 1);
        filter_resume(slow.ctx, VERDICT_DISCARD); /* too late: ignored */
        CHECK(chain_result(&session.run, &decision) == rows[i].verdict);
        CHECK(fake_logged(&session.world, "time limit"));
        CHECK(after.asked[FILTER_MAIL] == (rows[i].verdict == VERDICT_CONTINUE));
        CHECK(chain_header_edits(&session.run, &full) == NULL && !full);
        filter_resume(slow.ctx, VERDICT_DISCARD);
        fake_pass(&session.world, 5000);
        CHECK(session.resumed == 1 && slow.cancelled == 1);
        fake_close(&session);
    }
}

static void test_withdrawn(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[1].verdict[FILTER_DATA] = VERDICT_PENDING;
    three.script[1].timer = 100;
    fake_message_begin(&three.session);
    CHECK(fake_ask(&three.session, FILTER_DATA, &decision) == VERDICT_PENDING);
    chain_cancel(&three.session.run);
    chain_cancel(&three.session.run);
    CHECK(three.script[1].cancelled == 1 && !chain_pending(&three.session.run));
    CHECK(fake_alarms(&three.session.world) == 0);
    fake_pass(&three.session.world, 5000);
    CHECK(three.session.resumed == 0);
    /* the end of the message, and of the session, withdraw too */
    CHECK(fake_ask(&three.session, FILTER_DATA, &decision) == VERDICT_PENDING);
    chain_message_end(&three.session.run, true);
    CHECK(three.script[1].cancelled == 2 && three.script[1].aborted == 1 && three.script[0].aborted == 1);
    three.script[0].verdict[FILTER_COMMAND] = VERDICT_PENDING;
    CHECK(fake_ask(&three.session, FILTER_COMMAND, &decision) == VERDICT_PENDING);
    fake_close(&three.session);
    CHECK(three.script[0].cancelled == 1 && three.script[0].closed == 1 && three.script[2].closed == 0);
}

/* An answer that is there but not yet fetched is withdrawn without cancel(): the filter is done with it. */
static void test_withdrawn_after_answer(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[0].verdict[FILTER_CONNECT] = VERDICT_PENDING;
    CHECK(fake_ask(&three.session, FILTER_CONNECT, &decision) == VERDICT_PENDING);
    filter_resume(three.script[0].ctx, VERDICT_REJECT);
    filter_resume(three.script[0].ctx, VERDICT_CONTINUE); /* the first answer stands */
    CHECK(three.session.resumed == 0);                    /* never from inside filter_resume() */
    fake_pass(&three.session.world, 0);
    CHECK(three.session.resumed == 1);
    CHECK(chain_result(&three.session.run, &decision) == VERDICT_REJECT);
    CHECK(fake_ask(&three.session, FILTER_CONNECT, &decision) == VERDICT_PENDING);
    filter_resume(three.script[0].ctx, VERDICT_REJECT);
    chain_cancel(&three.session.run);
    CHECK(three.script[0].cancelled == 0);
    fake_pass(&three.session.world, 5000);
    CHECK(three.session.resumed == 1);
    fake_close(&three.session);
}

/* The owner may end everything from inside resumed(). */
static void end_everything(void *owner)
{
    struct fake_session *session = owner;

    session->resumed++;
    chain_run_free(&session->run);
}

static void test_freed_by_owner(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.session.run.resumed = end_everything;
    three.script[2].verdict[FILTER_CONNECT] = VERDICT_PENDING;
    three.script[2].timer = 5;
    CHECK(fake_ask(&three.session, FILTER_CONNECT, &decision) == VERDICT_PENDING);
    fake_pass(&three.session.world, 5);
    CHECK(three.session.resumed == 1 && three.session.run.state == NULL);
    CHECK(three.script[2].closed == 1 && three.script[2].cancelled == 0);
    fake_close(&three.session);
}

/* Replies go on passing while a question waits, and do not disturb it. */
static void test_reply_meanwhile(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[1].verdict[FILTER_RCPT] = VERDICT_PENDING;
    three.script[1].timer = 50;
    three.script[1].answer = VERDICT_REJECT;
    three.script[1].code = 554;
    three.script[1].text = "said before waiting";
    three.script[1].rewrite = "Fine";
    three.script[1].rewrite_code = 250;
    fake_message_begin(&three.session);
    CHECK(fake_ask(&three.session, FILTER_RCPT, &decision) == VERDICT_PENDING);
    CHECK(fake_ask(&three.session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    CHECK(decision.code == 250);
    CHECK_SPAN(decision.text, SPAN("Fine"));
    fake_pass(&three.session.world, 50);
    CHECK(chain_result(&three.session.run, &decision) == VERDICT_REJECT);
    CHECK(decision.code == 554);
    CHECK_SPAN(decision.text, SPAN("said before waiting"));
    fake_close(&three.session);
}

/* A reply cannot be made to wait. */
static void test_reply_pending(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[0].verdict[FILTER_REPLY] = VERDICT_PENDING;
    CHECK(fake_ask(&three.session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    CHECK(!chain_pending(&three.session.run) && three.script[1].asked[FILTER_REPLY] == 1);
    CHECK(fake_logged(&three.session.world, "event=filter_failed"));
    fake_close(&three.session);
}

/* A timer belongs to the question: it goes with the answer, and stays while the question waits. */
static void test_timer_ends(void)
{
    struct three three;
    struct decision decision;

    open_three(&three);
    three.script[1].timer = 10;
    CHECK(fake_ask(&three.session, FILTER_HELO, &decision) == VERDICT_CONTINUE);
    CHECK(fake_alarms(&three.session.world) == 0);
    three.script[1].verdict[FILTER_HELO] = VERDICT_PENDING;
    CHECK(fake_ask(&three.session, FILTER_HELO, &decision) == VERDICT_PENDING);
    CHECK(fake_alarms(&three.session.world) == 2); /* and the time limit's */
    fake_close(&three.session);
}

/* No memory for parking, no alarm for the time limit: the filter is told and counts as failed. */
static bool no_memory(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_cannot_wait(void)
{
    for (unsigned how = 0; how < 2; how++) {
        struct three three;
        struct decision decision;
        open_three(&three);
        fake_ask(&three.session, FILTER_CONNECT, &decision);
        three.script[1].verdict[FILTER_HELO] = VERDICT_PENDING;
        if (how == 0)
            mem_set_gate(no_memory, NULL);
        else
            three.session.world.alarms_left = 0;
        CHECK(fake_ask(&three.session, FILTER_HELO, &decision) == VERDICT_TEMPFAIL);
        mem_set_gate(NULL, NULL);
        CHECK(three.script[1].cancelled == 1 && !chain_pending(&three.session.run));
        fake_close(&three.session);
    }
}

int main(void)
{
    test_each_place();
    test_one_after_another();
    test_time_limit();
    test_withdrawn();
    test_withdrawn_after_answer();
    test_freed_by_owner();
    test_reply_meanwhile();
    test_reply_pending();
    test_timer_ends();
    test_cannot_wait();
    return test_end("chain_park");
}
