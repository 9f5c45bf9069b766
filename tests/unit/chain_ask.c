/* chain_ask.c: every verdict at every event, mode observe, on_failure, the scope of ACCEPT and SKIP. Waiting
 * is tested in chain_park.c. */
#include "chain_script.h"

#include "base/mem.h"
#include "chain/registry.h"

#define EVENT_BIT(event) (1u << (event))

/* What an enforcing filter's verdict comes to outside (session) and inside a message. */
struct outcome {
    enum verdict says;
    enum verdict session, message;
    unsigned code; /* of a refusal */
    const char *enhanced;
};

static const struct outcome outcomes[] = {
    {VERDICT_CONTINUE, VERDICT_CONTINUE, VERDICT_CONTINUE, 0, NULL},
    {VERDICT_ACCEPT, VERDICT_CONTINUE, VERDICT_CONTINUE, 0, NULL},
    {VERDICT_SKIP, VERDICT_CONTINUE, VERDICT_CONTINUE, 0, NULL},
    {VERDICT_REJECT, VERDICT_REJECT, VERDICT_REJECT, 550, "5.7.1"},
    {VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, 451, "4.7.1"},
    {VERDICT_DISCARD, VERDICT_TEMPFAIL, VERDICT_DISCARD, 0, NULL},
    {VERDICT_QUARANTINE, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, 451, "4.7.1"},
    {VERDICT_DISCONNECT, VERDICT_DISCONNECT, VERDICT_DISCONNECT, 421, "4.7.0"},
    {VERDICT_FAIL, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, 451, "4.7.1"},
    {(enum verdict)77, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL, 451, "4.7.1"},
};

static const enum filter_event questions[] = {
    FILTER_CONNECT, FILTER_COMMAND,        FILTER_HELO,    FILTER_MAIL, FILTER_RCPT,          FILTER_DATA,
    FILTER_HEADER,  FILTER_END_OF_HEADERS, FILTER_CONTENT, FILTER_BODY, FILTER_END_OF_MESSAGE};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool of_message(enum filter_event event)
{
    return event >= FILTER_MAIL && event <= FILTER_END_OF_MESSAGE;
}

/* Three filters; the one in the middle says it, the last must then be asked exactly if it was not decisive.
 */
static void one_outcome(const struct outcome *row, enum filter_event event)
{
    struct fake_session session;
    struct script before = {0}, middle = {0}, after = {0};
    struct decision decision;
    enum verdict expected = of_message(event) ? row->message : row->session;

    fake_open(&session);
    script_add(&session, &before, "before", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &middle, "middle", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &after, "after", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    middle.verdict[event] = row->says;
    if (of_message(event))
        fake_message_begin(&session);
    CHECK(fake_ask(&session, event, &decision) == expected);
    CHECK(decision.verdict == expected);
    CHECK(before.asked[event] == 1 && middle.asked[event] == 1);
    CHECK(after.asked[event] == (expected == VERDICT_CONTINUE));
    if (expected == VERDICT_CONTINUE) {
        CHECK(decision.filter == NULL && decision.code == 0);
    } else {
        CHECK_SPAN(span_str(decision.filter), SPAN("middle"));
        CHECK(expected == VERDICT_DISCARD || decision.text.len != 0);
    }
    if (row->code != 0) {
        CHECK(decision.code == row->code);
        CHECK_SPAN(span_str(decision.enhanced), span_str(row->enhanced));
    }
    if (of_message(event))
        chain_message_end(&session.run, expected != VERDICT_CONTINUE);
    fake_close(&session);
    CHECK(middle.closed == 1 && middle.shut == 1);
    CHECK(after.closed == (expected == VERDICT_CONTINUE));
}

static void test_outcomes(void)
{
    for (size_t e = 0; e < COUNT(questions); e++)
        for (size_t i = 0; i < COUNT(outcomes); i++)
            one_outcome(&outcomes[i], questions[e]);
}

/* Observing, each of them is logged and lets pass. */
static void test_observe(void)
{
    static const struct {
        enum verdict says;
        const char *line;
    } rows[] = {{VERDICT_REJECT, "verdict=reject"},
                {VERDICT_TEMPFAIL, "verdict=tempfail"},
                {VERDICT_DISCARD, "verdict=discard"},
                {VERDICT_QUARANTINE, "verdict=quarantine"},
                {VERDICT_DISCONNECT, "verdict=disconnect"}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_session session;
        struct script watcher = {.reason = "rule 7"}, after = {0};
        struct decision decision;
        struct chain_counts counts;
        fake_open(&session);
        script_add(&session, &watcher, "watcher", CHAIN_OBSERVE, CHAIN_FAIL_REJECT);
        script_add(&session, &after, "after", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
        watcher.verdict[FILTER_HEADER] = rows[i].says;
        fake_message_begin(&session);
        CHECK(fake_ask(&session, FILTER_HEADER, &decision) == VERDICT_CONTINUE);
        CHECK(strstr(session.world.lines, "event=observed") != NULL);
        CHECK(strstr(session.world.lines, "filter=watcher") != NULL);
        CHECK(strstr(session.world.lines, "at=header") != NULL);
        CHECK(strstr(session.world.lines, "rule 7") != NULL);
        CHECK(fake_logged(&session.world, rows[i].line));
        /* it would have ended the message, so it is not asked about the rest of it; the others are */
        CHECK(fake_ask(&session, FILTER_HEADER, &decision) == VERDICT_CONTINUE);
        CHECK(watcher.asked[FILTER_HEADER] == 1 && after.asked[FILTER_HEADER] == 2);
        CHECK(chain_counts(session.chain, 0, &counts));
        CHECK(counts.observed == 1 && counts.rejected == 0 && counts.asked == 1);
        chain_message_end(&session.run, false);
        CHECK(watcher.aborted == 1);
        fake_close(&session);
    }
}

/* A refused recipient would not have ended the message: the observer is asked about the next one. */
static void test_observe_recipients(void)
{
    struct fake_session session;
    struct script watcher = {.verdict[FILTER_RCPT] = VERDICT_REJECT};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &watcher, "watcher", CHAIN_OBSERVE, CHAIN_FAIL_TEMPFAIL);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_RCPT, &decision);
    fake_ask(&session, FILTER_RCPT, &decision);
    fake_ask(&session, FILTER_DATA, &decision);
    CHECK(watcher.asked[FILTER_RCPT] == 2 && watcher.asked[FILTER_DATA] == 1);
    fake_close(&session);
}

/* Each refusal is counted once, as what it is. */
static void test_counts(void)
{
    struct fake_session session;
    struct script script = {0};
    struct decision decision;
    struct chain_counts counts;

    fake_open(&session);
    script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_REJECT);
    fake_message_begin(&session);
    for (unsigned verdict = VERDICT_CONTINUE; verdict <= VERDICT_FAIL; verdict++) {
        if (verdict == VERDICT_PENDING)
            continue;
        script.verdict[FILTER_RCPT] = (enum verdict)verdict;
        chain_message_end(&session.run, true);
        fake_message_begin(&session);
        fake_ask(&session, FILTER_RCPT, &decision);
    }
    script.verdict[FILTER_REPLY] = VERDICT_DISCONNECT;
    fake_ask(&session, FILTER_REPLY, &decision);
    CHECK(chain_counts(session.chain, 0, &counts) && !chain_counts(session.chain, 1, &counts));
    CHECK_SPAN(span_str(counts.name), SPAN("script"));
    CHECK(counts.asked == 10 && counts.discarded == 1 && counts.failed == 1 && counts.observed == 0);
    CHECK(counts.rejected == 2);   /* REJECT, FAIL */
    CHECK(counts.tempfailed == 4); /* TEMPFAIL, QUARANTINE, DISCONNECT twice */
    fake_close(&session);
}

static void test_observe_fails(void)
{
    struct fake_session session;
    struct script watcher = {.verdict[FILTER_MAIL] = VERDICT_FAIL};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &watcher, "watcher", CHAIN_OBSERVE, CHAIN_FAIL_REJECT);
    fake_message_begin(&session);
    CHECK(fake_ask(&session, FILTER_MAIL, &decision) == VERDICT_CONTINUE);
    CHECK(fake_logged(&session.world, "event=filter_failed"));
    fake_close(&session);
}

static void test_on_failure(void)
{
    static const struct {
        enum chain_failure on_failure;
        enum verdict verdict;
        unsigned code;
    } rows[] = {{CHAIN_FAIL_TEMPFAIL, VERDICT_TEMPFAIL, 451},
                {CHAIN_FAIL_REJECT, VERDICT_REJECT, 550},
                {CHAIN_FAIL_PASS, VERDICT_CONTINUE, 0}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_session session;
        /* a reply set before failing is not the reply */
        struct script broken = {
            .verdict[FILTER_DATA] = VERDICT_FAIL, .code = 554, .text = "never shown", .reason = "no disk"};
        struct decision decision;
        fake_open(&session);
        script_add(&session, &broken, "broken", CHAIN_ENFORCE, rows[i].on_failure);
        fake_message_begin(&session);
        CHECK(fake_ask(&session, FILTER_DATA, &decision) == rows[i].verdict);
        CHECK(decision.code == rows[i].code);
        if (rows[i].code != 0)
            CHECK_SPAN(decision.reason, SPAN("no disk"));
        CHECK(strstr(session.world.lines, "no disk") != NULL);
        CHECK(fake_logged(&session.world, "filter=broken"));
        /* it is not asked again about this message, but about the next */
        CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_CONTINUE);
        CHECK(broken.asked[FILTER_BODY] == 0);
        chain_message_end(&session.run, true);
        fake_message_begin(&session);
        CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_CONTINUE);
        CHECK(broken.asked[FILTER_BODY] == 1);
        fake_close(&session);
        CHECK(broken.aborted == 2);
    }
}

static void test_accept_scope(void)
{
    static const enum filter_event early[] = {FILTER_CONNECT, FILTER_COMMAND, FILTER_HELO};

    for (size_t i = 0; i < COUNT(early); i++) {
        struct fake_session session;
        struct script script = {0};
        struct decision decision;
        fake_open(&session);
        script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
        script.verdict[early[i]] = VERDICT_ACCEPT;
        fake_ask(&session, early[i], &decision);
        fake_ask(&session, FILTER_REPLY, &decision);
        fake_message_begin(&session);
        fake_ask(&session, FILTER_MAIL, &decision);
        chain_message_end(&session.run, false);
        CHECK(script.asked[FILTER_MAIL] == 0 && script.asked[FILTER_REPLY] == 0 && script.aborted == 0);
        chain_run_reset(&session.run);
        CHECK(script.closed == 1);
        fake_message_begin(&session);
        fake_ask(&session, FILTER_MAIL, &decision);
        CHECK(script.asked[FILTER_MAIL] == 1);
        fake_close(&session);
    }
}

static void test_accept_message(void)
{
    struct fake_session session;
    struct script script = {.verdict[FILTER_MAIL] = VERDICT_ACCEPT};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_MAIL, &decision);
    fake_ask(&session, FILTER_RCPT, &decision);
    fake_ask(&session, FILTER_END_OF_MESSAGE, &decision);
    CHECK(script.asked[FILTER_RCPT] == 0 && script.asked[FILTER_END_OF_MESSAGE] == 0);
    fake_ask(&session, FILTER_COMMAND, &decision);
    fake_ask(&session, FILTER_REPLY, &decision);
    CHECK(script.asked[FILTER_COMMAND] == 1 && script.asked[FILTER_REPLY] == 1);
    chain_message_end(&session.run, false);
    CHECK(script.aborted == 1); /* it never saw the end */
    script.verdict[FILTER_MAIL] = VERDICT_CONTINUE;
    fake_message_begin(&session);
    fake_ask(&session, FILTER_MAIL, &decision);
    fake_ask(&session, FILTER_RCPT, &decision);
    fake_ask(&session, FILTER_END_OF_MESSAGE, &decision);
    CHECK(script.asked[FILTER_MAIL] == 2 && script.asked[FILTER_RCPT] == 1);
    chain_message_end(&session.run, false);
    CHECK(script.aborted == 1);
    fake_close(&session);
}

static void test_skip(void)
{
    struct fake_session session;
    struct script script = {.verdict[FILTER_CONTENT] = VERDICT_SKIP};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    for (unsigned message = 1; message <= 2; message++) {
        fake_message_begin(&session);
        for (unsigned i = 0; i < 3; i++) {
            fake_ask(&session, FILTER_CONTENT, &decision);
            fake_ask(&session, FILTER_BODY, &decision);
        }
        CHECK(script.asked[FILTER_CONTENT] == message && script.asked[FILTER_BODY] == 3 * message);
        chain_message_end(&session.run, true);
    }
    CHECK(script.aborted == 2);
    fake_close(&session);
}

/* Who hears on_abort when the end of the message was reached and somebody refused there. */
static void test_refused_at_end(void)
{
    struct fake_session session;
    struct script first = {0}, second = {.verdict[FILTER_END_OF_MESSAGE] = VERDICT_REJECT}, third = {0};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &first, "first", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &second, "second", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &third, "third", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_MAIL, &decision);
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_REJECT);
    chain_message_end(&session.run, true);
    CHECK(first.aborted == 1 && second.aborted == 0 && third.aborted == 1);
    fake_close(&session);
}

/* A filter costs nothing where it has no interest, and a session nothing until one is asked. */
static void test_interest(void)
{
    static const struct filter only_mail = {
        .api = FILTER_API, .name = "only_mail", .on_mail = script_mail, .on_close = script_close};
    struct fake_session session;
    struct script script = {0};
    struct chain_member member = {.filter = &only_mail,
                                  .name = "only_mail",
                                  .config = &script,
                                  .interests = ~0u,
                                  .edits = FILTER_EDITS_HEADERS};
    struct decision decision;

    CHECK(registry_events(&only_mail) == EVENT_BIT(FILTER_MAIL));
    fake_open(&session);
    CHECK(chain_add(session.chain, &member) == 0);
    CHECK(chain_interests(session.chain) == EVENT_BIT(FILTER_MAIL));
    CHECK(chain_edits(session.chain) == FILTER_EDITS_HEADERS);
    member.mode = CHAIN_OBSERVE;
    member.edits = FILTER_EDITS_MESSAGE;
    CHECK(chain_add(session.chain, &member) == 0);
    CHECK(chain_edits(session.chain) == FILTER_EDITS_HEADERS); /* an observer changes nothing */
    CHECK(fake_ask(&session, FILTER_CONNECT, &decision) == VERDICT_CONTINUE);
    CHECK(session.run.state == NULL);
    fake_close(&session);
    CHECK(script.closed == 0);
}

static bool no_memory(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void on_capabilities(struct filter_ctx *ctx, struct filter_capabilities *capabilities)
{
    (void)ctx;
    filter_hide(capabilities, SPAN("DSN"));
}

static int chain_add_capable(struct fake_session *session)
{
    static const struct filter hider = {
        .api = FILTER_API, .name = "hider", .on_capabilities = on_capabilities};
    struct chain_member member = {.filter = &hider, .name = "hider", .interests = ~0u};

    return chain_add(session->chain, &member);
}

static void test_no_memory(void)
{
    struct fake_session session;
    struct script lenient = {0}, strict = {0};
    struct decision decision;
    struct ehlo offer;
    struct chain_question capabilities = {.event = FILTER_CAPABILITIES,
                                          .capabilities = {.upstream = &offer, .offer = &offer}};

    fake_open(&session);
    script_add(&session, &lenient, "lenient", CHAIN_ENFORCE, CHAIN_FAIL_PASS);
    script_add(&session, &strict, "strict", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    mem_set_gate(no_memory, NULL);
    CHECK(fake_ask(&session, FILTER_CONNECT, &decision) == VERDICT_TEMPFAIL);
    CHECK_SPAN(span_str(decision.filter), SPAN("strict"));
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    mem_set_gate(NULL, NULL);
    CHECK(chain_add_capable(&session) == 0);
    ehlo_clear(&offer);
    CHECK(ehlo_set(&offer, KEYWORD_DSN, SPAN("")));
    mem_set_gate(no_memory, NULL);
    CHECK(chain_ask(&session.run, &capabilities, &decision) == VERDICT_CONTINUE);
    mem_set_gate(NULL, NULL);
    CHECK(offer.set == 0); /* what nobody could hide is not offered */
    CHECK(session.run.state == NULL && lenient.asked[FILTER_CONNECT] == 0);
    /* with memory for the state but none for the reply, defaults serve */
    fake_ask(&session, FILTER_CONNECT, &decision);
    strict.verdict[FILTER_CONNECT] = VERDICT_REJECT;
    strict.code = 554;
    strict.text = "lost";
    mem_set_gate(no_memory, NULL);
    CHECK(fake_ask(&session, FILTER_CONNECT, &decision) == VERDICT_REJECT);
    mem_set_gate(NULL, NULL);
    CHECK(decision.code == 550);
    fake_close(&session);
}

/* State is made once, zeroed, and is gone after reset and end of message. */
static enum verdict counting(struct filter_ctx *ctx, const struct filter_path *path)
{
    unsigned char *session = filter_session(ctx);
    unsigned char *message = filter_message(ctx);

    CHECK(path->parameters.len == 0);
    CHECK_SPAN(filter_facts(ctx)->session, SPAN("s1"));
    session[0]++;
    message[0]++;
    filter_log(ctx, "seen %u %u\n", session[0], message[0]);
    return VERDICT_CONTINUE;
}

static enum verdict outside(struct filter_ctx *ctx)
{
    CHECK(filter_message(ctx) == NULL && filter_alloc(ctx, 1) == NULL);
    return VERDICT_CONTINUE;
}

static void test_state(void)
{
    static const struct filter counter = {.api = FILTER_API,
                                          .name = "counter",
                                          .session_size = 1,
                                          .message_size = 1,
                                          .on_connect = outside,
                                          .on_rcpt = counting};
    struct fake_session session;
    struct chain_member member = {.filter = &counter, .name = "counter", .interests = ~0u};
    struct decision decision;

    fake_open(&session);
    CHECK(chain_add(session.chain, &member) == 0);
    fake_ask(&session, FILTER_CONNECT, &decision);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_RCPT, &decision);
    fake_ask(&session, FILTER_RCPT, &decision);
    CHECK(fake_logged(&session.world, "seen 2 2"));
    chain_message_end(&session.run, false);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_RCPT, &decision);
    CHECK(fake_logged(&session.world, "seen 3 1"));
    chain_run_reset(&session.run);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_RCPT, &decision);
    CHECK(fake_logged(&session.world, "seen 1 1"));
    fake_close(&session);
}

int main(void)
{
    test_outcomes();
    test_observe();
    test_observe_recipients();
    test_observe_fails();
    test_counts();
    test_on_failure();
    test_accept_scope();
    test_accept_message();
    test_skip();
    test_refused_at_end();
    test_interest();
    test_no_memory();
    test_state();
    return test_end("chain_ask");
}
