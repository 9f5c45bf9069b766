/* chain_quarantine.c: a message that is to be kept: by the filter's verdict, by what its rejections and
 * failures are said to be; and that nobody is asked about it afterwards. */
#include "chain_script.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const enum filter_event of_message[] = {FILTER_MAIL,           FILTER_RCPT,          FILTER_DATA,
                                               FILTER_HEADER,         FILTER_CONTENT,       FILTER_BODY,
                                               FILTER_END_OF_HEADERS, FILTER_END_OF_MESSAGE};

struct scene {
    struct fake_session session;
    struct script before, keeper, after;
};

static void add(struct scene *scene, struct script *script, const char *name, unsigned edits,
                enum chain_failure on_failure, enum chain_reject on_reject)
{
    struct chain_member member = {.filter = &script_filter,
                                  .name = name,
                                  .config = script,
                                  .interests = ~0u,
                                  .edits = edits,
                                  .on_failure = on_failure,
                                  .on_reject = on_reject,
                                  .time_limit = 1000};

    CHECK(chain_add(scene->session.chain, &member) == 0);
}

static void scene_open(struct scene *scene, unsigned edits, enum chain_failure on_failure,
                       enum chain_reject on_reject)
{
    memset(scene, 0, sizeof(*scene));
    fake_open(&scene->session);
    add(scene, &scene->before, "before", 0, CHAIN_FAIL_TEMPFAIL, CHAIN_REJECT_REJECT);
    add(scene, &scene->keeper, "keeper", edits, on_failure, on_reject);
    add(scene, &scene->after, "after", 0, CHAIN_FAIL_TEMPFAIL, CHAIN_REJECT_REJECT);
}

static unsigned times_asked(const struct script *script)
{
    unsigned count = 0;

    for (size_t i = 0; i < COUNT(of_message); i++)
        count += script->asked[of_message[i]];
    return count;
}

/* The verdict ends every question about this message, not those about the session, nor the next message. */
static void test_nobody_is_asked(void)
{
    for (size_t i = 0; i < COUNT(of_message); i++) {
        struct scene scene;
        struct decision decision;
        struct chain_counts counts;
        scene_open(&scene, FILTER_QUARANTINES, CHAIN_FAIL_TEMPFAIL, CHAIN_REJECT_REJECT);
        CHECK(chain_holds(scene.session.chain) == CHAIN_HOLDS_MESSAGE);
        scene.keeper.verdict[of_message[i]] = VERDICT_QUARANTINE;
        scene.keeper.reason = "rule 7";
        fake_message_begin(&scene.session);
        CHECK(chain_wants(&scene.session.run, FILTER_BODY));
        CHECK(fake_ask(&scene.session, of_message[i], &decision) == VERDICT_QUARANTINE);
        CHECK_SPAN(span_str(decision.filter), SPAN("keeper"));
        CHECK_SPAN(decision.reason, SPAN("rule 7"));
        for (size_t n = 0; n < COUNT(of_message); n++) {
            CHECK(!chain_wants(&scene.session.run, of_message[n]));
            CHECK(fake_ask(&scene.session, of_message[n], &decision) == VERDICT_CONTINUE);
        }
        CHECK(times_asked(&scene.before) == 1 && times_asked(&scene.keeper) == 1);
        CHECK(times_asked(&scene.after) == 0);
        CHECK(fake_ask(&scene.session, FILTER_COMMAND, &decision) == VERDICT_CONTINUE);
        CHECK(scene.after.asked[FILTER_COMMAND] == 1);
        CHECK(chain_counts(scene.session.chain, 1, &counts) && counts.quarantined == 1);
        CHECK(counts.tempfailed == 0 && counts.rejected == 0);
        chain_message_end(&scene.session.run, true);
        CHECK(scene.before.aborted == 1 && scene.after.aborted == 0);
        fake_message_begin(&scene.session);
        CHECK(chain_wants(&scene.session.run, FILTER_BODY));
        fake_close(&scene.session);
    }
}

static void test_configured(void)
{
    static const struct {
        unsigned edits;
        enum chain_failure on_failure;
        enum chain_reject on_reject;
        enum filter_event event;
        enum verdict says, comes_to;
    } rows[] = {
        {0, CHAIN_FAIL_TEMPFAIL, CHAIN_REJECT_REJECT, FILTER_BODY, VERDICT_QUARANTINE, VERDICT_TEMPFAIL},
        {0, CHAIN_FAIL_QUARANTINE, CHAIN_REJECT_QUARANTINE, FILTER_BODY, VERDICT_REJECT, VERDICT_TEMPFAIL},
        {0, CHAIN_FAIL_QUARANTINE, CHAIN_REJECT_QUARANTINE, FILTER_BODY, VERDICT_FAIL, VERDICT_TEMPFAIL},
#define BOTH FILTER_QUARANTINES, CHAIN_FAIL_QUARANTINE, CHAIN_REJECT_QUARANTINE
        {BOTH, FILTER_CONNECT, VERDICT_REJECT, VERDICT_REJECT},
        {BOTH, FILTER_CONNECT, VERDICT_FAIL, VERDICT_TEMPFAIL},
        {BOTH, FILTER_CONNECT, VERDICT_QUARANTINE, VERDICT_TEMPFAIL},
        {BOTH, FILTER_RCPT, VERDICT_REJECT, VERDICT_REJECT},
        {BOTH, FILTER_RCPT, VERDICT_FAIL, VERDICT_TEMPFAIL},
        {BOTH, FILTER_RCPT, VERDICT_QUARANTINE, VERDICT_QUARANTINE},
        {BOTH, FILTER_MAIL, VERDICT_REJECT, VERDICT_QUARANTINE},
        {BOTH, FILTER_DATA, VERDICT_FAIL, VERDICT_QUARANTINE},
        {BOTH, FILTER_HEADER, VERDICT_REJECT, VERDICT_QUARANTINE},
        {BOTH, FILTER_END_OF_MESSAGE, VERDICT_REJECT, VERDICT_QUARANTINE},
        {BOTH, FILTER_END_OF_MESSAGE, VERDICT_FAIL, VERDICT_QUARANTINE},
        {BOTH, FILTER_BODY, VERDICT_TEMPFAIL, VERDICT_TEMPFAIL},
        {BOTH, FILTER_BODY, VERDICT_DISCARD, VERDICT_DISCARD},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene scene;
        struct decision decision;
        scene_open(&scene, rows[i].edits, rows[i].on_failure, rows[i].on_reject);
        scene.keeper.verdict[rows[i].event] = rows[i].says;
        if (rows[i].event >= FILTER_MAIL)
            fake_message_begin(&scene.session);
        CHECK(fake_ask(&scene.session, rows[i].event, &decision) == rows[i].comes_to);
        CHECK(rows[i].comes_to != VERDICT_TEMPFAIL || decision.code == 451);
        CHECK(times_asked(&scene.after) == 0);
        fake_close(&scene.session);
    }
}

/* A filter that only watches holds nothing back. */
static void test_observed(void)
{
    struct fake_session session;
    struct script script = {.verdict[FILTER_BODY] = VERDICT_REJECT};
    struct chain_member member = {.filter = &script_filter,
                                  .name = "watcher",
                                  .config = &script,
                                  .interests = ~0u,
                                  .edits = FILTER_QUARANTINES,
                                  .mode = CHAIN_OBSERVE,
                                  .on_reject = CHAIN_REJECT_QUARANTINE,
                                  .time_limit = 1000};
    struct decision decision;

    fake_open(&session);
    CHECK(chain_add(session.chain, &member) == 0);
    CHECK(chain_holds(session.chain) == CHAIN_HOLDS_NOTHING);
    fake_message_begin(&session);
    CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_CONTINUE);
    CHECK(fake_logged(&session.world, "verdict=quarantine"));
    fake_close(&session);
}

int main(void)
{
    test_nobody_is_asked();
    test_configured();
    test_observed();
    return test_end("chain_quarantine");
}
