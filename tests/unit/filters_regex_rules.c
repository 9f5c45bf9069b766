/* filters_regex_rules.c: words found in replies, fields and the log; rules that observe; scores; rules on
 * replies; lists. */
#include "filters_regex_host.h"

/* What groups with names matched is said in replies, fields and the log, made harmless. */
static void test_captures(void)
{
    static const struct rule rules[] = {
        {.name = "tag",
         .on = "subject",
         .source = "(?<who>your) (?<what>\\w+)",
         .deed = {.action = ACTION_TAG, .header = "X-What: ${what} of $${who} ${who}"}},
        {.name = "cost",
         .on = "raw_body",
         .source = "(?s)pay (?<all>.*)",
         .deed = {.action = ACTION_REJECT, .reply = "550 5.7.1 ${all}${none}"}},
        {.name = "none", .on = "raw_body", .source = "(?<none>never)", .deed = {.action = ACTION_LOG}},
    };
    struct rule changed[3];
    struct setting setting;
    struct filter_ctx ctx = {0};
    memcpy(changed, rules, sizeof changed);
    set_up(&setting, changed, 3);
    CHECK(setting.opened == -1);
    CHECK_SPAN(span_str(setting.setup.complaints),
               SPAN("rules[1].reply: no group is named \"none\", as in (?<none>...)"));
    take_down(&setting);
    changed[1].deed.reply = "550 5.7.1 Not ${all}";
    set_up(&setting, changed, 3);
    CHECK(setting.opened == 0);
    CHECK(give(&setting, &ctx, &sample, 3).verdict == VERDICT_REJECT);
    CHECK_SPAN(span_str(ctx.text), SPAN("Not this invoice now.\?\?"));
    CHECK_SPAN(span_str(ctx.reason), SPAN("cost (all=this invoice now.\?\?)"));
    CHECK_SPAN(span_str(ctx.added), SPAN("X-What=Invoice of ${who} your;"));
    take_down(&setting);
}

/* A rule that observes says so and does nothing. */
static void test_observe(void)
{
    static const char *const parts[] = {"helo", "from", "to", "subject", "raw_body", "raw"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct rule rules[] = {{.name = "try", .on = parts[i], .source = ".", .mode = MODE_OBSERVE},
                               {.on = parts[i], .source = "(a+)+\\z!", .mode = MODE_OBSERVE, .score = 7}};
        struct threshold threshold = {.score = 1, .deed = {.action = ACTION_REJECT}};
        struct setting setting;
        struct filter_ctx ctx = {0};
        set_up_scores(&setting, rules, 2, &threshold, 1);
        CHECK(setting.opened == 0);
        struct outcome outcome = give(&setting, &ctx, &sample, 10);
        CHECK(outcome.verdict == VERDICT_CONTINUE && outcome.refused_paths == 0);
        CHECK(strstr(ctx.log, "rule \"try\" observed: would reject: try") != NULL);
        take_down(&setting);
    }
}

static const struct score_case {
    int64_t scores[3]; /* of rules that match from, subject and raw_body */
    enum verdict verdict;
    const char *reason, *added;
} score_cases[] = {
    {{1, 1, 1}, VERDICT_CONTINUE, "", ""},
    {{2, 2, 1}, VERDICT_CONTINUE, "", "X-Score=5 a, b, c;"},
    {{20, -12, -4}, VERDICT_CONTINUE, "", ""},
    {{20, -12, 4}, VERDICT_REJECT, "score 12: a, b, c", "X-Score=12 a, b, c;"},
    {{10, 0, 0}, VERDICT_TEMPFAIL, "score 10: a", "X-Score=10 a;"},
};

static void test_scores(void)
{
    static const struct threshold thresholds[] = {
        {.score = 5, .deed = {.action = ACTION_TAG, .header = "X-Score: ${score} ${rules}"}},
        {.score = 12, .deed = {.action = ACTION_REJECT, .reply = "550 5.7.1 ${score} points"}},
        {.score = 10, .deed = {.action = ACTION_TEMPFAIL, .reply = "450 4.7.1 ${score} points"}},
    };
    for (size_t i = 0; i < sizeof score_cases / sizeof score_cases[0]; i++) {
        const struct score_case *c = &score_cases[i];
        struct rule rules[] = {{.name = "a", .on = "from", .source = "a", .score = c->scores[0]},
                               {.name = "b", .on = "subject", .source = "Inv", .score = c->scores[1]},
                               {.name = "c", .on = "raw_body", .source = "pay", .score = c->scores[2]}};
        struct setting setting;
        struct filter_ctx ctx = {0};
        for (size_t n = 0; n < 3; n++)
            rules[n].deed.action = rules[n].score == 0 ? ACTION_LOG : ACTION_NONE;
        set_up_scores(&setting, rules, 3, thresholds, 3);
        CHECK(setting.opened == 0 && setting.edits != 0);
        struct outcome outcome = give(&setting, &ctx, &sample, 4);
        CHECK(outcome.verdict == c->verdict);
        CHECK_SPAN(span_str(ctx.reason), span_str(c->reason));
        CHECK_SPAN(span_str(ctx.added), span_str(c->added));
        CHECK(c->verdict == VERDICT_CONTINUE || strstr(ctx.text, " points") != NULL);
        take_down(&setting);
    }
}

static const struct reply_case {
    const char *verb;
    unsigned code;
    const char *text, *rewritten;
    enum verdict verdict;
} reply_cases[] = {
    {"CONNECT", 220, "mx ESMTP Postfix 3.7.11 (Debian)", "220 mx ESMTP Postfix", VERDICT_CONTINUE},
    {"EHLO", 250, "Postfix 3.7.11 (Debian)", "", VERDICT_CONTINUE},
    {"RCPT", 550, "5.1.1 No <bob> at 192.0.2.7", "550 5.1.1 No <bob> at [hidden]", VERDICT_CONTINUE},
    {"RCPT", 450, "4.2.0 Greylisted", "451 4.2.0 Greylisted", VERDICT_CONTINUE},
    {"RCPT", 452, "Too much", "452 800 gone", VERDICT_CONTINUE},
    {"RCPT", 554, "Go away", "", VERDICT_DISCONNECT},
    {"RCPT", 250, "2.1.5 Ok", "", VERDICT_CONTINUE},
};

static void test_replies(void)
{
    static const struct rule rules[] = {
        {.on = "reply",
         .source = "(?<p>Postfix) .*",
         .deed = {.action = ACTION_REWRITE},
         .replacement = "${p}"},
        {.on = "reply",
         .source = "\\d+\\.\\d+\\.\\d+\\.\\d+",
         .deed = {.action = ACTION_REWRITE},
         .replacement = "[hidden]"},
        {.on = "reply",
         .source = "^450|^452 Too.*",
         .deed = {.action = ACTION_REWRITE},
         .replacement = "451"},
        {.on = "reply", .source = "^554 Go", .deed = {.action = ACTION_DISCONNECT}},
    };
    for (size_t i = 0; i < sizeof reply_cases / sizeof reply_cases[0]; i++) {
        const struct reply_case *c = &reply_cases[i];
        struct filter_reply reply = {.verb = span_str(c->verb), .code = c->code, .text = span_str(c->text)};
        struct setting setting;
        struct rule given[4];
        memcpy(given, rules, sizeof given);
        if (c->code == 452) {
            given[2].source = "^452 Too.*";
            given[2].replacement = "800 gone";
        }
        set_up(&setting, given, 4);
        CHECK(setting.opened == 0 && setting.interests == 1u << FILTER_REPLY);
        struct filter_ctx ctx = {.config = &setting.config};
        CHECK(filter_regex.on_reply(&ctx, &reply) == c->verdict);
        CHECK_SPAN(span_str(ctx.rewritten), span_str(c->rewritten));
        take_down(&setting);
    }
}

/* Lists of patterns and of plain texts; fields as they are transmitted and as a person reads them. */
static void test_lists(void)
{
    static const char *patterns[] = {"^never", "^caf\xC3\xA9 (?<n>.)"}, *literals[] = {"a.b", "[5 $]"};
    struct rule rules[] = {
        {.name = "p", .on = "subject", .patterns = {patterns, 2, NULL}, .caseless = true},
        {.name = "l", .on = "headers", .literals = {literals, 2, NULL}, .deed = {.action = ACTION_TEMPFAIL}},
    };
    static const struct {
        const char *header, *reason;
    } cases[] = {
        {"Subject: cafe\r\n", ""},
        {"Subject: =?iso-8859-1?Q?CAF=C9_x?=\r\n", "p (n=x)"},
        {"Subject: Caf\xC3\x89 x\r\n", "p (n=x)"},
        {"X: a-b 5 $\r\n", ""},
        {"X: aa.bb\r\n", "l"},
        {"X: =?utf-8?B?WzUgJF0=?=\r\n", "l"},
    };
    struct setting setting;
    set_up(&setting, rules, 2);
    CHECK(setting.opened == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct filter_ctx ctx = {0};
        struct mail mail = sample;
        mail.header = cases[i].header;
        give(&setting, &ctx, &mail, 100);
        CHECK_SPAN(span_str(ctx.reason), span_str(cases[i].reason));
    }
    take_down(&setting);
}

int main(void)
{
    test_captures();
    test_observe();
    test_scores();
    test_replies();
    test_lists();
    return test_end("filters_regex_rules");
}
