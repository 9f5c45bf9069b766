/* filters_regex.c: the filter regex against a host of services made here: what it refuses and where, what it
 * adds, what it logs, which events it asks for, and what it complains about. */
#include "test.h"

#include "filters/filters.h"
#include "filters/regex/rules.h"
#include "mail/encoded_word.h"
#include "postern/filter_io.h"

enum { PATHS_MOST = 4, NOTES_MOST = 2000 };

/* --- the host ----------------------------------------------------------------------------------------------
 */
struct filter_ctx {
    void *config;
    void *message;
    struct filter_facts facts;
    void *blocks[32];
    unsigned block_count;
    bool starved;
    unsigned code;
    char enhanced[16], text[500], reason[500], log[NOTES_MOST], added[NOTES_MOST];
    char rewritten[NOTES_MOST];
};

struct filter_setup {
    char complaints[NOTES_MOST];
    char names[16][32];
    size_t name_count;
};

const void *filter_config(const struct filter_ctx *ctx)
{
    return ctx->config;
}

void *filter_message(struct filter_ctx *ctx)
{
    return ctx->message;
}

const struct filter_facts *filter_facts(struct filter_ctx *ctx)
{
    return &ctx->facts;
}

void *filter_alloc(struct filter_ctx *ctx, size_t size)
{
    if (ctx->starved || ctx->block_count == sizeof ctx->blocks / sizeof ctx->blocks[0])
        return NULL;
    return ctx->blocks[ctx->block_count++] = calloc(1, size);
}

void *filter_setup_alloc(struct filter_setup *setup, size_t size)
{
    if (setup->name_count == 16 || size > sizeof setup->names[0])
        return NULL;
    return setup->names[setup->name_count++];
}

static void note(char *notes, size_t size, const char *format, va_list args)
{
    size_t used = strlen(notes);
    vsnprintf(notes + used, size - used, format, args);
}

void filter_complain(struct filter_setup *setup, const char *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t used = strlen(setup->complaints);
    snprintf(setup->complaints + used, sizeof setup->complaints - used, "%s: ", path);
    note(setup->complaints, sizeof setup->complaints, format, args);
    va_end(args);
}

void filter_set_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ctx->code = code;
    snprintf(ctx->enhanced, sizeof ctx->enhanced, "%s", enhanced != NULL ? enhanced : "");
    ctx->text[0] = '\0';
    note(ctx->text, sizeof ctx->text, format, args);
    va_end(args);
}

void filter_set_reason(struct filter_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ctx->reason[0] = '\0';
    note(ctx->reason, sizeof ctx->reason, format, args);
    va_end(args);
}

void filter_log(struct filter_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(ctx->log, sizeof ctx->log, format, args);
    va_end(args);
}

int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    size_t used = strlen(ctx->added);
    snprintf(ctx->added + used, sizeof ctx->added - used, "%.*s=%.*s;", (int)name.len, name.ptr,
             (int)value.len, value.ptr);
    return 0;
}

size_t filter_field_text(struct span value, char *out, size_t room)
{
    struct text text = {out, 0, room, false};
    encoded_word_text(value, &text);
    return text.len;
}

void filter_rewrite_reply(struct filter_ctx *ctx, unsigned code, const char *enhanced, struct span text)
{
    CHECK(enhanced == NULL);
    snprintf(ctx->rewritten, sizeof ctx->rewritten, "%u %.*s", code, (int)text.len, text.ptr);
}

/* --- a configuration ---------------------------------------------------------------------------------------
 */
struct setting {
    struct regex_config config;
    struct rule rules[4];
    struct threshold thresholds[3];
    struct filter_setup setup;
    unsigned interests, edits;
    int opened;
};

static void set_up_scores(struct setting *setting, const struct rule *rules, size_t count,
                          const struct threshold *given, size_t thresholds)
{
    memset(setting, 0, sizeof *setting);
    if (thresholds != 0)
        memcpy(setting->thresholds, given, thresholds * sizeof *given);
    memcpy(setting->rules, rules, count * sizeof *rules);
    for (size_t i = 0; i < count; i++)
        if (setting->rules[i].deed.action == ACTION_NONE && setting->rules[i].score == 0)
            setting->rules[i].deed.action = ACTION_REJECT;
    setting->config = (struct regex_config){
        .limits = {.match = 1000000, .depth = 100000, .heap = 20 << 20, .window = 64 << 10},
        .jit = true,
        .rules = {setting->rules, count},
        .thresholds = {setting->thresholds, thresholds}};
    setting->interests = ~0u;
    setting->opened =
        filter_regex.open(&setting->config, &setting->setup, &setting->interests, &setting->edits);
}

static void set_up(struct setting *setting, const struct rule *rules, size_t count)
{
    set_up_scores(setting, rules, count, NULL, 0);
}

static void take_down(struct setting *setting)
{
    filter_regex.shut(&setting->config);
}

/* --- a session ---------------------------------------------------------------------------------------------
 */
struct mail {
    const char *helo;
    const char *from;
    const char *to[PATHS_MOST];
    const char *header; /* fields with CRLF, without the blank line */
    const char *body;
};

/* What came of it: the event that was refused, and how. */
struct outcome {
    enum verdict verdict;
    enum filter_event event;
    unsigned refused_paths; /* bit n: the n-th forward-path */
};

static bool decisive(enum verdict verdict)
{
    return verdict != VERDICT_CONTINUE && verdict != VERDICT_SKIP;
}

static bool wants(const struct setting *setting, enum filter_event event)
{
    return (setting->interests & (1u << event)) != 0;
}

static bool note_verdict(struct outcome *outcome, enum filter_event event, enum verdict verdict)
{
    if (decisive(verdict))
        *outcome = (struct outcome){verdict, event, outcome->refused_paths};
    return decisive(verdict);
}

static bool give_envelope(const struct setting *setting, struct filter_ctx *ctx, const struct mail *mail,
                          struct outcome *outcome)
{
    struct filter_path path = {.address = span_str(mail->from)};
    if (wants(setting, FILTER_HELO) &&
        note_verdict(outcome, FILTER_HELO, filter_regex.on_helo(ctx, span_str(mail->helo))))
        return false;
    ctx->message = calloc(1, filter_regex.message_size);
    if (wants(setting, FILTER_MAIL) && note_verdict(outcome, FILTER_MAIL, filter_regex.on_mail(ctx, &path)))
        return false;
    for (unsigned i = 0; i < PATHS_MOST && mail->to[i] != NULL; i++) {
        path.address = span_str(mail->to[i]);
        if (wants(setting, FILTER_RCPT) && decisive(filter_regex.on_rcpt(ctx, &path)))
            outcome->refused_paths |= 1u << i;
    }
    return true;
}

static bool give_header(const struct setting *setting, struct filter_ctx *ctx, const char *at,
                        struct outcome *outcome)
{
    while (*at != '\0') {
        const char *end = at;
        do
            end = strstr(end, "\r\n") + 2;
        while (*end == ' ' || *end == '\t');
        const char *colon = strchr(at, ':');
        struct span name = span_of(at, (size_t)(colon - at));
        struct span value = span_of(colon + 1, (size_t)(end - 2 - colon - 1));
        if (wants(setting, FILTER_HEADER) &&
            note_verdict(outcome, FILTER_HEADER, filter_regex.on_header(ctx, name, value)))
            return false;
        at = end;
    }
    return !wants(setting, FILTER_END_OF_HEADERS) ||
           !note_verdict(outcome, FILTER_END_OF_HEADERS, filter_regex.on_end_of_headers(ctx));
}

static bool give_pieces(struct filter_ctx *ctx, struct span text, size_t piece,
                        enum verdict (*give)(struct filter_ctx *, struct span), enum filter_event event,
                        struct outcome *outcome)
{
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t at = 0; at < text.len && verdict != VERDICT_SKIP; at += piece) {
        verdict = give(ctx, span_first(span_skip(text, at), piece));
        if (note_verdict(outcome, event, verdict))
            return false;
    }
    return true;
}

static bool give_message(const struct setting *setting, struct filter_ctx *ctx, const struct mail *mail,
                         size_t piece, struct outcome *outcome)
{
    char raw[1000];
    snprintf(raw, sizeof raw, "%s\r\n%s", mail->header, mail->body);
    if (!give_header(setting, ctx, mail->header, outcome))
        return false;
    if (wants(setting, FILTER_CONTENT) &&
        !give_pieces(ctx, span_str(raw), piece, filter_regex.on_content, FILTER_CONTENT, outcome))
        return false;
    if (wants(setting, FILTER_BODY) &&
        !give_pieces(ctx, span_str(mail->body), piece, filter_regex.on_body, FILTER_BODY, outcome))
        return false;
    if (wants(setting, FILTER_END_OF_MESSAGE))
        note_verdict(outcome, FILTER_END_OF_MESSAGE, filter_regex.on_end_of_message(ctx));
    return true;
}

/* Two messages are told apart by nothing but their state: the second of two equal ones gives the same. */
static struct outcome give(struct setting *setting, struct filter_ctx *ctx, const struct mail *mail,
                           size_t piece)
{
    struct outcome outcome = {VERDICT_CONTINUE, FILTER_EVENTS, 0};
    bool starved = ctx->starved;
    memset(ctx, 0, sizeof *ctx);
    ctx->starved = starved;
    ctx->config = &setting->config;
    ctx->facts.helo = span_str(mail->helo);
    if (give_envelope(setting, ctx, mail, &outcome))
        give_message(setting, ctx, mail, piece, &outcome);
    if (ctx->message != NULL)
        filter_regex.on_abort(ctx);
    free(ctx->message);
    for (unsigned i = 0; i < ctx->block_count; i++)
        free(ctx->blocks[i]);
    return outcome;
}

/* --- cases -------------------------------------------------------------------------------------------------
 */
static const struct mail sample = {
    .helo = "spam.example",
    .from = "alice@example.com",
    .to = {"bob@example.net", "eve@example.net", "bob.two@example.net"},
    .header = "Subject: your\r\n Invoice \r\nX-A: one\r\nX-A:\r\n\ttwo\r\n",
    .body = "Dear all,\r\npay this invoice now.\r\n",
};

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
    CHECK_SPAN(span_str(ctx.text), SPAN("Not this invoice now.??"));
    CHECK_SPAN(span_str(ctx.reason), SPAN("cost (all=this invoice now.?" "?)"));
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
        {.name = "p", .on = "subject", .patterns = {patterns, 2}, .caseless = true},
        {.name = "l", .on = "headers", .literals = {literals, 2}, .deed = {.action = ACTION_TEMPFAIL}},
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
    {{.on = "raw", .patterns = {(const char *[]){"a", "(b"}, 2}},
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
    test_captures();
    test_observe();
    test_scores();
    test_replies();
    test_lists();
    test_failure();
    test_starved();
    test_complaints();
    return test_end("filters_regex");
}
