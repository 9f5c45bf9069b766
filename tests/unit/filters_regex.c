/* filters_regex.c: what rules refuse and where, what they add, which events are asked for, what is complained
 * about. */
#include "filters_regex_host.h"

static const struct match_case {
    const char *on;
    const char *pattern;
    enum verdict verdict;
    enum filter_event event;
    unsigned refused_paths;
} match_cases[] = {
    {"helo", "^spam\\.", VERDICT_REJECT, FILTER_HELO, 0},
    {"helo", "^ham", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"from", "^alice@", VERDICT_REJECT, FILTER_MAIL, 0},
    {"from", "bob", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"to", "^bob", VERDICT_CONTINUE, FILTER_EVENTS, 5},
    {"to", "alice", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"envelope", "^eve", VERDICT_CONTINUE, FILTER_EVENTS, 2},
    {"envelope", "@example\\.com$", VERDICT_REJECT, FILTER_MAIL, 0},
    {"subject", "^your Invoice$", VERDICT_REJECT, FILTER_HEADER, 0},
    {"header:SUBJECT", "^your Invoice$", VERDICT_REJECT, FILTER_HEADER, 0},
    {"header:X-A", "^two$", VERDICT_REJECT, FILTER_HEADER, 0},
    {"header:X-A", "Invoice", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"headers", "^X-A: two$", VERDICT_REJECT, FILTER_HEADER, 0},
    {"headers", "^two$", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"raw_body", "pay this invoice", VERDICT_REJECT, FILTER_BODY, 0},
    {"raw_body", "Subject", VERDICT_CONTINUE, FILTER_EVENTS, 0},
    {"raw_body", "^Dear all", VERDICT_REJECT, FILTER_BODY, 0},
    {"raw_body", "now\\.\\r\\n\\z", VERDICT_REJECT, FILTER_END_OF_MESSAGE, 0},
    {"raw_body", "now\\.$", VERDICT_REJECT, FILTER_END_OF_MESSAGE, 0},
    {"raw", "^Subject:", VERDICT_REJECT, FILTER_CONTENT, 0},
    {"raw", "two\r\n\r\nDear", VERDICT_REJECT, FILTER_CONTENT, 0},
    {"raw", "(?m)^pay", VERDICT_REJECT, FILTER_CONTENT, 0},
    {"raw", "later", VERDICT_CONTINUE, FILTER_EVENTS, 0},
};

static void test_matches(void)
{
    static const size_t pieces[] = {1, 3, 7, 1000};
    for (size_t i = 0; i < sizeof match_cases / sizeof match_cases[0]; i++) {
        const struct match_case *c = &match_cases[i];
        struct rule rule = {.on = c->on, .source = c->pattern, .deed.reply = "554 5.7.9 no such mail"};
        struct setting setting;
        set_up(&setting, &rule, 1);
        CHECK(setting.opened == 0 && setting.edits == 0);
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            struct filter_ctx ctx = {0};
            struct outcome outcome = give(&setting, &ctx, &sample, pieces[p]);
            if (outcome.verdict != c->verdict || outcome.event != c->event)
                fprintf(stderr, "%s %s: %d at %d\n", c->on, c->pattern, (int)outcome.verdict,
                        (int)outcome.event);
            CHECK(outcome.verdict == c->verdict && outcome.event == c->event);
            CHECK(outcome.refused_paths == c->refused_paths);
            bool refused = c->verdict == VERDICT_REJECT || c->refused_paths != 0;
            CHECK(ctx.code == (refused ? 554u : 0u));
            CHECK_SPAN(span_str(ctx.reason), span_str(refused ? "rule 1" : ""));
            CHECK_SPAN(span_str(ctx.text), span_str(refused ? "no such mail" : ""));
            CHECK_SPAN(span_str(ctx.enhanced), span_str(refused ? "5.7.9" : ""));
        }
        take_down(&setting);
    }
}

#define BIT(event) (1u << FILTER_##event)

static const struct interest_case {
    struct rule rules[2];
    unsigned interests, edits;
} interest_cases[] = {
    {{{.on = "helo"}, {.on = "to"}}, BIT(HELO) | BIT(RCPT), 0},
    {{{.on = "helo", .deed.action = ACTION_DISCARD}, {.on = "from"}}, BIT(MAIL), 0},
    {{{.on = "envelope", .deed.action = ACTION_TAG, .deed.header = "A: b"}, {.on = "envelope"}},
     BIT(MAIL) | BIT(RCPT) | BIT(END_OF_HEADERS),
     FILTER_EDITS_HEADERS},
    {{{.on = "subject", .deed.action = ACTION_TAG, .deed.header = "A: b"}, {.on = "raw_body"}},
     BIT(HEADER) | BIT(END_OF_HEADERS) | BIT(BODY) | BIT(END_OF_MESSAGE),
     FILTER_EDITS_HEADERS},
    {{{.on = "subject", .deed.action = ACTION_TAG, .deed.header = "A: b"},
      {.on = "raw", .deed.action = ACTION_TAG, .deed.header = "A: b"}},
     BIT(HEADER) | BIT(CONTENT) | BIT(END_OF_MESSAGE),
     FILTER_EDITS_MESSAGE},
};

static void test_interests(void)
{
    for (size_t i = 0; i < sizeof interest_cases / sizeof interest_cases[0]; i++) {
        const struct interest_case *c = &interest_cases[i];
        struct rule rules[2] = {c->rules[0], c->rules[1]};
        rules[0].source = rules[1].source = "x";
        struct setting setting;
        set_up(&setting, rules, 2);
        CHECK(setting.opened == 0);
        CHECK(setting.interests == c->interests);
        CHECK(setting.edits == c->edits);
        take_down(&setting);
    }
}

static void test_tags(void)
{
    static const struct rule rules[] = {
        {.on = "helo", .source = "spam", .deed.action = ACTION_TAG, .deed.header = "X-Helo: bad name"},
        {.on = "to", .source = "bob", .deed.action = ACTION_TAG, .deed.header = "X-To:bob"},
        {.on = "headers", .source = "^X-A: ", .deed.action = ACTION_TAG, .deed.header = "X-Field:  a  "},
        {.on = "raw_body", .source = "invoice", .deed.action = ACTION_TAG, .deed.header = "X-Body: invoice"},
    };
    struct setting setting;
    struct filter_ctx ctx = {0};
    set_up(&setting, rules, 3);
    struct outcome outcome = give(&setting, &ctx, &sample, 5);
    CHECK(outcome.verdict == VERDICT_CONTINUE && outcome.refused_paths == 0);
    CHECK_SPAN(span_str(ctx.added), SPAN("X-Helo=bad name;X-To=bob;X-Field=a;"));
    take_down(&setting);
    set_up(&setting, rules, 4);
    outcome = give(&setting, &ctx, &sample, 5);
    CHECK(outcome.verdict == VERDICT_CONTINUE);
    CHECK_SPAN(span_str(ctx.added), SPAN("X-Helo=bad name;X-To=bob;X-Field=a;X-Body=invoice;"));
    take_down(&setting);
}

/* The first decisive rule in order; log and tag go on. */
static void test_order(void)
{
    static const struct rule rules[] = {
        {.name = "watch", .on = "raw", .source = "invoice", .deed.action = ACTION_LOG},
        {.name = "later",
         .on = "raw_body",
         .source = "invoice",
         .deed.action = ACTION_TEMPFAIL,
         .deed.reply = "450 wait"},
        {.name = "never", .on = "raw_body", .source = "pay", .deed.action = ACTION_REJECT},
        {.name = "drop", .on = "subject", .source = "ham", .deed.action = ACTION_DISCARD},
    };
    struct setting setting;
    struct filter_ctx ctx = {0};
    set_up(&setting, rules, 4);
    struct outcome outcome = give(&setting, &ctx, &sample, 1000);
    CHECK(outcome.verdict == VERDICT_TEMPFAIL && ctx.code == 450 && ctx.enhanced[0] == '\0');
    CHECK_SPAN(span_str(ctx.reason), SPAN("later"));
    CHECK_SPAN(span_str(ctx.log), SPAN("rule \"watch\" matched: watch"));
    outcome = give(&setting, &ctx, &sample, 1);
    CHECK(outcome.verdict == VERDICT_TEMPFAIL && ctx.code == 450); /* however it arrives */
    CHECK_SPAN(span_str(ctx.reason), SPAN("later"));
    struct mail ham = sample;
    ham.header = "Subject: ham\r\n";
    outcome = give(&setting, &ctx, &ham, 1);
    CHECK(outcome.verdict == VERDICT_DISCARD && outcome.event == FILTER_HEADER);
    take_down(&setting);
}

/* A limit exceeded is never silent, and amounts to what the rule says. */
static void test_failure(void)
{
    static const enum verdict verdicts[] = {[FAILURE_TEMPFAIL] = VERDICT_TEMPFAIL,
                                            [FAILURE_PASS] = VERDICT_CONTINUE,
                                            [FAILURE_REJECT] = VERDICT_REJECT};
    static const char *const parts[] = {"subject", "raw_body", "raw", "from", "helo"};
    struct mail mail = sample;
    mail.header = "Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\r\n";
    mail.body = mail.from = mail.helo = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
    for (int failure = FAILURE_TEMPFAIL; failure <= FAILURE_REJECT; failure++) {
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            struct rule rule = {.on = parts[i], .source = "(a+)+$", .failure = failure};
            struct setting setting;
            struct filter_ctx ctx = {0};
            set_up(&setting, &rule, 1);
            struct outcome outcome = give(&setting, &ctx, &mail, 10);
            CHECK(outcome.verdict == verdicts[failure]);
            const char *noted = failure == FAILURE_PASS ? ctx.log : ctx.reason;
            CHECK(strstr(noted, "rule 1") != NULL && strstr(noted, "match limit exceeded") != NULL);
            take_down(&setting);
        }
    }
}

static void test_starved(void)
{
    struct rule rule = {.on = "raw_body", .source = "x"};
    struct setting setting;
    struct filter_ctx ctx = {.starved = true};
    set_up(&setting, &rule, 1);
    struct outcome outcome = give(&setting, &ctx, &sample, 10);
    CHECK(outcome.verdict == VERDICT_FAIL);
    take_down(&setting);
}

static const struct complaint_case {
    struct rule rule;
    const char *complaint;
} complaint_cases[] = {
    {{.on = "head", .source = "x"},
     "rules[1].on: unknown part; one of helo, from, to, envelope, subject, header:NAME, headers, body, "
     "part:TYPE, filename, raw, raw_body, reply"},
    {{.on = "header:", .source = "x"}, "rules[1].on: no name of a header field after \"header:\""},
    {{.on = "header:A B", .source = "x"}, "rules[1].on: no name of a header field after \"header:\""},
    {{.on = "raw", .source = "a(b"}, "rules[1].pattern: missing closing parenthesis at offset 3"},
    {{.on = "raw", .source = "\\Ga"}, "rules[1].pattern: \\G is not supported: use \\A at offset 0"},
    {{.on = "raw", .source = "x", .deed.reply = "450 no"}, "rules[1].reply: reject needs a 5xx code"},
    {{.on = "raw", .source = "x", .deed.reply = "550"},
     "rules[1].reply: a reply is a code, a space and a text, e.g. \"550 5.7.1 Refused\""},
    {{.on = "raw", .source = "x", .deed.reply = "590 no"},
     "rules[1].reply: a reply is a code, a space and a text, e.g. \"550 5.7.1 Refused\""},
    {{.on = "raw", .source = "x", .deed.reply = "550 5.7.1"},
     "rules[1].reply: the text is one line of at most 400 printable octets"},
    {{.on = "raw", .source = "x", .deed.reply = "550 a\nb"},
     "rules[1].reply: the text is one line of at most 400 printable octets"},
    {{.on = "raw", .source = "x", .deed.reply = "550 4.7.1 no"},
     "rules[1].reply: the enhanced code is of another class than the code"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TEMPFAIL, .deed.reply = "550 no"},
     "rules[1].reply: tempfail needs a 4xx code"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TEMPFAIL, .deed.reply = "421 no"},
     "rules[1].reply: 421 would say that the connection is closed"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_LOG, .deed.reply = "550 no"},
     "rules[1].reply: only reject and tempfail have a reply"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TAG}, "rules[1].action: tag needs the key header"},
    {{.on = "raw", .source = "x", .deed.header = "A: b"}, "rules[1].header: only tag has a header"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TAG, .deed.header = "A b: c"},
     "rules[1].header: a header is a name, a colon and a value, e.g. \"X-Tag: invoice\""},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TAG, .deed.header = "A:"},
     "rules[1].header: the value is one line of at most 900 printable octets"},
    {{.on = "raw", .source = "x", .deed.action = ACTION_TAG, .deed.header = "A: b\r\nC: d"},
     "rules[1].header: the value is one line of at most 900 printable octets"},
    {{.on = "part:text", .source = "x"},
     "rules[1].on: no type after \"part:\", such as text/html or application/*"},
    {{.on = "raw"}, "rules[1].pattern: is missing; a rule has a pattern, patterns or literals"},
    {{.on = "raw", .source = "x", .deed = {.action = ACTION_REWRITE}},
     "rules[1].action: rewrite is for rules on reply, and needs the key replacement"},
    {{.on = "reply", .source = "x", .deed = {.action = ACTION_TAG, .header = "A: b"}},
     "rules[1].action: a rule on reply can rewrite, log or disconnect"},
    {{.on = "raw", .source = "x", .replacement = "y"},
     "rules[1].replacement: only rewrite has a replacement"},
    {{.on = "raw", .source = "x", .deed.reply = "550 $x"},
     "rules[1].reply: \"$\" begins a name, such as ${amount}, or another \"$\""},
    {{.on = "raw", .patterns = {(const char *[]){"a", "(b"}, 2, NULL}},
     "rules[1].patterns[1]: missing closing parenthesis at offset 2"},
    {{.on = "raw_body", .source = "(?<=a{40000})x"},
     "rules[1].pattern: looks back further than half of limits.window"},
};

static void test_complaints(void)
{
    for (size_t i = 0; i < sizeof complaint_cases / sizeof complaint_cases[0]; i++) {
        struct rule rules[] = {{.on = "raw", .source = "fine"}, complaint_cases[i].rule};
        struct setting setting;
        set_up(&setting, rules, 2);
        CHECK(setting.opened == -1);
        CHECK_SPAN(span_str(setting.setup.complaints), span_str(complaint_cases[i].complaint));
        take_down(&setting);
    }
}

int main(void)
{
    test_matches();
    test_interests();
    test_tags();
    test_order();
    test_failure();
    test_starved();
    test_complaints();
    return test_end("filters_regex");
}
