/* chain_pass.c: which filters read a message together, what is asked in which pass, whose edits count in it.
 */
#include "chain_script.h"

#include "base/mem.h"

#define MEMBERS 4
#define SEES    FILTER_SEES_EDITS
#define HEADERS FILTER_EDITS_HEADERS
#define MESSAGE FILTER_EDITS_MESSAGE
#define BODY    FILTER_EDITS_BODY

/* A chain of up to four; `observes`: bits of those that only do. */
struct row {
    unsigned edits[MEMBERS];
    unsigned count, observes;
    unsigned pass[MEMBERS]; /* of each */
    enum chain_hold holds;
};

static const struct row rows[] = {
    {{0}, 0, 0, {0}, CHAIN_HOLDS_NOTHING},
    {{SEES}, 1, 0, {0}, CHAIN_HOLDS_NOTHING},
    {{SEES | MESSAGE}, 1, 0, {0}, CHAIN_HOLDS_MESSAGE},
    {{HEADERS, 0}, 2, 0, {0, 0}, CHAIN_HOLDS_HEADERS},
    {{HEADERS, SEES}, 2, 0, {0, 1}, CHAIN_HOLDS_MESSAGE},
    {{HEADERS, SEES}, 2, 1, {0, 0}, CHAIN_HOLDS_NOTHING},
    {{HEADERS, SEES}, 2, 2, {0, 1}, CHAIN_HOLDS_MESSAGE},
    {{FILTER_EDITS_ENVELOPE, SEES}, 2, 0, {0, 0}, CHAIN_HOLDS_MESSAGE},
    {{FILTER_NEEDS_CLIENT_NAME, SEES}, 2, 0, {0, 0}, CHAIN_HOLDS_NOTHING},
    {{0, SEES | BODY, 0, SEES}, 4, 0, {0, 0, 0, 1}, CHAIN_HOLDS_MESSAGE},
    {{MESSAGE, SEES, SEES, 0}, 4, 0, {0, 1, 1, 1}, CHAIN_HOLDS_MESSAGE},
    {{MESSAGE, SEES | BODY, SEES | HEADERS, SEES}, 4, 0, {0, 1, 2, 3}, CHAIN_HOLDS_MESSAGE},
    {{SEES | BODY, MESSAGE, SEES, MESSAGE}, 4, 0, {0, 0, 1, 1}, CHAIN_HOLDS_MESSAGE},
};

static void add(struct fake_session *session, struct script *script, const char *name, unsigned edits,
                enum chain_mode mode)
{
    struct chain_member member = {.filter = &script_filter,
                                  .name = name,
                                  .config = script,
                                  .interests = ~0u,
                                  .edits = edits,
                                  .mode = mode,
                                  .on_failure = CHAIN_FAIL_PASS,
                                  .time_limit = 1000};

    REQUIRE(chain_add(session->chain, &member) == 0);
}

/* Everybody is asked about the envelope, and about content in his pass only. */
static void check_row(const struct row *row)
{
    struct fake_session session;
    struct script script[MEMBERS];
    struct decision decision;
    unsigned passes = row->count != 0 ? row->pass[row->count - 1] + 1 : 1;

    memset(script, 0, sizeof(script));
    fake_open(&session);
    for (unsigned i = 0; i < row->count; i++)
        add(&session, &script[i], "member", row->edits[i],
            (row->observes >> i & 1u) != 0 ? CHAIN_OBSERVE : CHAIN_ENFORCE);
    CHECK(chain_holds(session.chain) == row->holds);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_MAIL, &decision);
    fake_ask(&session, FILTER_DATA, &decision);
    for (unsigned pass = 0; pass < passes; pass++) {
        for (enum filter_event event = FILTER_HEADER; event <= FILTER_END_OF_MESSAGE; event++) {
            CHECK(chain_wants(&session.run, event) == (row->count != 0));
            CHECK(((chain_pass_interests(&session.run) >> event & 1u) != 0) == (row->count != 0));
            fake_ask(&session, event, &decision);
            for (unsigned i = 0; i < row->count; i++)
                CHECK(script[i].asked[event] == (row->pass[i] <= pass));
        }
        fake_ask(&session, FILTER_REPLY, &decision);
        for (unsigned i = 0; i < row->count; i++)
            CHECK(script[i].asked[FILTER_MAIL] == 1 && script[i].asked[FILTER_DATA] == 1 &&
                  script[i].asked[FILTER_REPLY] == pass + 1);
        CHECK(chain_pass_left(&session.run) == (pass + 1 < passes));
        if (pass + 1 < passes)
            chain_next_pass(&session.run);
    }
    chain_message_end(&session.run, false);
    fake_message_begin(&session);
    CHECK(chain_pass_left(&session.run) == (passes > 1)); /* the next message begins with the first */
    for (unsigned i = 0; i < row->count; i++)
        CHECK(script[i].aborted == 0);
    fake_close(&session);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check_row(&rows[i]);
}

/* A pass has its own edits; those made before it, on the envelope, wait for it. */
static void test_edits(void)
{
    struct fake_session session;
    struct script one = {.header = "X-One"}, two = {.header = "X-Two"}, three = {.header = "X-Three"};
    struct decision decision;

    fake_open(&session);
    add(&session, &one, "one", MESSAGE, CHAIN_ENFORCE);
    add(&session, &two, "two", SEES | MESSAGE, CHAIN_ENFORCE);
    add(&session, &three, "three", SEES | MESSAGE, CHAIN_ENFORCE);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_DATA, &decision);
    CHECK_SPAN(fake_edited(&session, SPAN("")), SPAN("X-One: yes\r\n"));
    chain_next_pass(&session.run);
    CHECK_SPAN(fake_edited(&session, SPAN("")), SPAN("X-Two: yes\r\n"));
    fake_ask(&session, FILTER_END_OF_HEADERS, &decision);
    CHECK_SPAN(fake_edited(&session, SPAN("")), SPAN("X-Two: yes\r\nX-Two: yes\r\n"));
    chain_next_pass(&session.run);
    CHECK_SPAN(fake_edited(&session, SPAN("")), SPAN("X-Three: yes\r\n"));
    chain_message_end(&session.run, false);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_DATA, &decision);
    three.verdict[FILTER_RCPT] = VERDICT_FAIL;
    three.header = NULL;
    fake_ask(&session, FILTER_RCPT, &decision); /* what waits goes with the filter that fails */
    chain_next_pass(&session.run);
    chain_next_pass(&session.run);
    CHECK_SPAN(fake_edited(&session, SPAN("")), SPAN(""));
    fake_close(&session);
}

/* One is refused in its pass: those that have not ended are told, whichever pass is theirs. */
static void test_refused(void)
{
    struct fake_session session;
    struct script script[3] = {{.code = 0}, {.verdict = {[FILTER_HEADER] = VERDICT_REJECT}}, {.code = 0}};
    struct decision decision;

    fake_open(&session);
    add(&session, &script[0], "one", MESSAGE, CHAIN_ENFORCE);
    add(&session, &script[1], "two", SEES | MESSAGE, CHAIN_ENFORCE);
    add(&session, &script[2], "three", SEES, CHAIN_ENFORCE);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_MAIL, &decision);
    CHECK(fake_ask(&session, FILTER_HEADER, &decision) == VERDICT_CONTINUE);
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    chain_next_pass(&session.run);
    CHECK(fake_ask(&session, FILTER_HEADER, &decision) == VERDICT_REJECT);
    CHECK_SPAN(span_str(decision.filter), SPAN("two"));
    chain_message_end(&session.run, true);
    for (unsigned i = 0; i < 3; i++)
        CHECK(script[i].aborted == 1);
    CHECK(script[2].asked[FILTER_HEADER] == 0);
    fake_close(&session);
}

/* A question of a later pass waits, and goes on to the end of the pass. */
static void test_waits(void)
{
    struct fake_session session;
    struct script script[4] = {{.code = 0}, {.verdict = {[FILTER_BODY] = VERDICT_PENDING}, .timer = 5}};
    struct decision decision;

    fake_open(&session);
    add(&session, &script[0], "one", BODY, CHAIN_ENFORCE);
    add(&session, &script[1], "two", SEES, CHAIN_ENFORCE);
    add(&session, &script[2], "three", BODY, CHAIN_ENFORCE);
    add(&session, &script[3], "four", SEES, CHAIN_ENFORCE);
    fake_message_begin(&session);
    CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_CONTINUE);
    chain_next_pass(&session.run);
    CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_PENDING);
    fake_pass(&session.world, 5);
    CHECK(chain_result(&session.run, &decision) == VERDICT_CONTINUE);
    CHECK(script[2].asked[FILTER_BODY] == 1 && script[3].asked[FILTER_BODY] == 0);
    fake_close(&session);
}

static bool none(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

/* Nobody can be asked: who would be asked in this pass has failed. */
static void test_no_memory(void)
{
    struct fake_session session;
    struct script script[2] = {{.code = 0}};
    struct decision decision;
    struct chain_counts counts;

    fake_open(&session);
    add(&session, &script[0], "one", BODY, CHAIN_ENFORCE);
    add(&session, &script[1], "two", SEES, CHAIN_ENFORCE);
    fake_message_begin(&session);
    mem_set_gate(none, NULL);
    fake_ask(&session, FILTER_BODY, &decision);
    CHECK(chain_counts(session.chain, 1, &counts) && counts.failed == 0);
    chain_next_pass(&session.run);
    fake_ask(&session, FILTER_BODY, &decision);
    mem_set_gate(NULL, NULL);
    CHECK(chain_counts(session.chain, 0, &counts) && counts.failed == 1);
    CHECK(chain_counts(session.chain, 1, &counts) && counts.failed == 1);
    fake_close(&session);
}

int main(void)
{
    test_rows();
    test_edits();
    test_refused();
    test_waits();
    test_no_memory();
    return test_end("chain_pass");
}
