/* chain_answer.c: the reply a filter sets is one harmless line that fits its verdict; replies rewritten in
 * turn. */
#include "chain_script.h"

#define LONG_TEXT                                                                                            \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#define LONG_400 LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT

struct row {
    enum verdict verdict;
    unsigned code;
    const char *enhanced;
    const char *text;
    unsigned out_code;
    const char *out_enhanced;
    const char *out_text;
};

static const struct row rows[] = {
    {VERDICT_REJECT, 554, "5.7.1", "no", 554, "5.7.1", "no"},
    {VERDICT_REJECT, 554, NULL, "no", 554, "5.7.1", "no"},
    {VERDICT_REJECT, 554, "5.1.1", "no", 554, "5.1.1", "no"},
    {VERDICT_REJECT, 554, "4.7.1", "no", 554, "5.7.1", "no"},
    {VERDICT_REJECT, 554, "5.7.1\r\n", "no", 554, "5.7.1", "no"},
    {VERDICT_REJECT, 554, "5.7.1.1.1.1.1.1.1", "no", 554, "5.7.1", "no"},
    {VERDICT_REJECT, 451, "4.7.1", "no", 550, "5.7.1", "no"},
    {VERDICT_REJECT, 250, "2.0.0", "no", 550, "5.7.1", "no"},
    {VERDICT_REJECT, 599, NULL, "no", 599, "5.7.1", "no"},
    {VERDICT_REJECT, 600, NULL, "no", 550, "5.7.1", "no"},
    {VERDICT_TEMPFAIL, 450, "4.2.0", "later", 450, "4.2.0", "later"},
    {VERDICT_TEMPFAIL, 550, "5.7.1", "later", 451, "4.7.1", "later"},
    {VERDICT_TEMPFAIL, 421, NULL, "later", 451, "4.7.1", "later"},
    {VERDICT_DISCONNECT, 421, "4.7.0", "bye", 421, "4.7.0", "bye"},
    {VERDICT_DISCONNECT, 554, "5.7.1", "bye", 421, "4.7.0", "bye"},
    {VERDICT_DISCONNECT, 450, NULL, "bye", 421, "4.7.0", "bye"},
    {VERDICT_QUARANTINE, 450, NULL, "kept", 450, "4.7.1", "kept"},
    {VERDICT_REJECT, 550, NULL, "a\r\n250 b\x01\x7f", 550, "5.7.1", "a??250 b??"},
    {VERDICT_REJECT, 550, NULL, LONG_400 "more", 550, "5.7.1", LONG_400},
    {VERDICT_REJECT, 550, NULL, "", 550, "5.7.1", "Refused by local policy"},
};

static void test_set_reply(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_session session;
        struct script script = {.verdict[FILTER_MAIL] = rows[i].verdict,
                                .code = rows[i].code,
                                .enhanced = rows[i].enhanced,
                                .text = rows[i].text,
                                .reason = "why"};
        struct decision decision;
        fake_open(&session);
        script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
        fake_message_begin(&session);
        fake_ask(&session, FILTER_MAIL, &decision);
        CHECK(decision.code == rows[i].out_code);
        CHECK_SPAN(span_str(decision.enhanced), span_str(rows[i].out_enhanced));
        CHECK_SPAN(decision.text, span_str(rows[i].out_text));
        CHECK_SPAN(decision.reason, SPAN("why"));
        fake_close(&session);
    }
}

/* Lines behind the first: harmless, bounded in number and size, and none without a first. */
static void test_lines(void)
{
    static const struct {
        unsigned code;
        const char *more;
        unsigned count, lines;
    } cases[] = {
        {554, "b", 2, 3}, {554, "b\nc", 1, 2}, {0, "b", 2, 1}, {554, "x", 100, 32}, {554, LONG_400, 9, 4}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_session session;
        struct script script = {.verdict[FILTER_MAIL] = VERDICT_REJECT,
                                .code = cases[i].code,
                                .text = LONG_400,
                                .more = cases[i].more,
                                .more_lines = cases[i].count};
        struct decision decision;
        unsigned lines = 1;
        fake_open(&session);
        script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
        fake_message_begin(&session);
        fake_ask(&session, FILTER_MAIL, &decision);
        for (size_t at = 0; at < decision.text.len; at++)
            lines += decision.text.ptr[at] == '\n';
        CHECK(lines == cases[i].lines);
        fake_close(&session);
    }
}

/* What one filter said and then let pass is not said for the next. */
static void test_not_inherited(void)
{
    struct fake_session session;
    struct script talker = {.code = 554, .text = "mine", .reason = "mine"},
                  refuser = {.verdict[FILTER_MAIL] = VERDICT_REJECT};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &talker, "talker", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &refuser, "refuser", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    fake_message_begin(&session);
    CHECK(fake_ask(&session, FILTER_MAIL, &decision) == VERDICT_REJECT);
    CHECK(decision.code == 550 && decision.reason.len == 0);
    CHECK_SPAN(decision.text, SPAN("Refused by local policy"));
    fake_close(&session);
}

static void test_rewrite(void)
{
    struct fake_session session;
    struct script first = {0}, second = {0}, third = {0};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &first, "first", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &second, "second", CHAIN_OBSERVE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &third, "third", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    CHECK(decision.code == 0);
    CHECK_SPAN(span_str(third.seen), SPAN("250 2.0.0 Ok"));
    first.rewrite = "Go\r\non";
    first.rewrite_code = 251;
    first.enhanced = "2.1.5";
    second.rewrite = "observed only";
    second.rewrite_code = 252;
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    CHECK(decision.code == 251);
    CHECK_SPAN(span_str(decision.enhanced), SPAN("2.1.5"));
    CHECK_SPAN(decision.text, SPAN("Go??on"));
    CHECK_SPAN(span_str(third.seen), SPAN("251 2.1.5 Go??on"));
    CHECK(fake_logged(&session.world, "edit=rewrite_reply"));
    third.rewrite = "Last";
    third.rewrite_code = 550; /* another class: the code stays */
    third.enhanced = "5.0.0"; /* which this does not fit */
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_CONTINUE);
    CHECK(decision.code == 251 && decision.enhanced == NULL);
    CHECK_SPAN(decision.text, SPAN("Last"));
    fake_close(&session);
}

static void test_close_behind_reply(void)
{
    struct fake_session session;
    struct script first = {.verdict[FILTER_REPLY] = VERDICT_DISCONNECT, .code = 421, .text = "not here"},
                  second = {.rewrite = "Bye", .rewrite_code = 250};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &first, "first", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &second, "second", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_DISCONNECT);
    CHECK_SPAN(span_str(decision.filter), SPAN("first"));
    CHECK(decision.code == 250);
    CHECK_SPAN(decision.text, SPAN("Bye"));
    second.rewrite = NULL;
    CHECK(fake_ask(&session, FILTER_REPLY, &decision) == VERDICT_DISCONNECT);
    CHECK(decision.code == 0); /* the reply stays as it is */
    fake_close(&session);
}

int main(void)
{
    test_set_reply();
    test_lines();
    test_not_inherited();
    test_rewrite();
    test_close_behind_reply();
    return test_end("chain_answer");
}
