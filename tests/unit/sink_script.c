/* Rules of misbehaviour: what is understood, what is refused, and which of them apply when. */
#include "sink/sink_script.h"

#include "test.h"

static const struct {
    const char *rule;
    bool good;
    enum sink_point point;
    uint64_t nth;
    enum sink_act act;
    unsigned code;
    const char *text;
    uint64_t delay;
} cases[] = {
    {"MAIL=reject", true, SINK_AT_MAIL, 0, SINK_REPLY, 554, "", 0},
    {"rcpt=tempfail", true, SINK_AT_RCPT, 0, SINK_REPLY, 451, "", 0},
    {"RCPT#2=reject:550", true, SINK_AT_RCPT, 2, SINK_REPLY, 550, "", 0},
    {"EOM=tempfail:452 4.3.1 Full: try later", true, SINK_AT_EOM, 0, SINK_REPLY, 452, "4.3.1 Full: try later",
     0},
    {"CONNECT=tempfail", true, SINK_AT_CONNECT, 0, SINK_REPLY, 421, "", 0},
    {"BODY#4096=drop", true, SINK_AT_BODY, 4096, SINK_DROP, 0, "", 0},
    {"STORED=reset", true, SINK_AT_STORED, 0, SINK_RESET, 0, "", 0},
    {"EHLO=garbage", true, SINK_AT_EHLO, 0, SINK_GARBAGE, 0, "", 0},
    {"QUIT=delay:2s", true, SINK_AT_QUIT, 0, SINK_PROCEED, 0, "", 2000},
    {"NOOP=delay:15ms", true, SINK_AT_NOOP, 0, SINK_PROCEED, 0, "", 15},
    {"RSET=delay:1h", true, SINK_AT_RSET, 0, SINK_PROCEED, 0, "", 3600000},
    {.rule = ""},
    {.rule = "MAIL"},
    {.rule = "=drop"},
    {.rule = "EXPN=drop"},
    {.rule = "MAIL="},
    {.rule = "MAIL=explode"},
    {.rule = "MAIL#=drop"},
    {.rule = "MAIL#2x=drop"},
    {.rule = "MAIL#9999999999999999=drop"},
    {.rule = "MAIL=drop:1"},
    {.rule = "MAIL=reject:450"},
    {.rule = "MAIL=tempfail:550"},
    {.rule = "MAIL=reject:"},
    {.rule = "MAIL=reject:600"},
    {.rule = "MAIL=reject:5500"},
    {.rule = "MAIL=reject:550text"},
    {.rule = "MAIL=delay"},
    {.rule = "MAIL=delay:2"},
    {.rule = "MAIL=delay:2d"},
    {.rule = "MAIL=delay:s"},
};

static void check_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sink_script script = {0};
        const char *why = sink_script_add(&script, span_str(cases[i].rule));
        struct sink_rule *rule = &script.rules[0];
        bool right = (why == NULL) == cases[i].good && script.count == (cases[i].good ? 1 : 0);
        if (right && cases[i].good)
            right = rule->point == cases[i].point && rule->nth == cases[i].nth &&
                    rule->action.act == cases[i].act && rule->action.code == cases[i].code &&
                    rule->action.delay == cases[i].delay &&
                    span_eq(rule->action.text, span_str(cases[i].text));
        if (!right)
            fprintf(stderr, "rule \"%s\": %s\n", cases[i].rule, why != NULL ? why : "accepted");
        CHECK(right);
    }
}

static void check_lookup(void)
{
    struct sink_script script = {0};
    struct sink_action action;

    CHECK(sink_script_add(&script, SPAN("RCPT=delay:1s")) == NULL);
    CHECK(sink_script_add(&script, SPAN("RCPT#2=reject:550")) == NULL);
    CHECK(sink_script_add(&script, SPAN("RCPT#2=delay:500ms")) == NULL);
    CHECK(sink_script_add(&script, SPAN("BODY=delay:3s")) == NULL);
    CHECK(sink_script_add(&script, SPAN("BODY#100=drop")) == NULL);
    action = sink_script_at(&script, SINK_AT_RCPT, 0, 1);
    CHECK(action.act == SINK_PROCEED && action.delay == 1000);
    action = sink_script_at(&script, SINK_AT_RCPT, 1, 2);
    CHECK(action.act == SINK_REPLY && action.code == 550 && action.delay == 1500);
    action = sink_script_at(&script, SINK_AT_RCPT, 2, 3);
    CHECK(action.act == SINK_PROCEED && action.delay == 1000);
    action = sink_script_at(&script, SINK_AT_MAIL, 0, 1);
    CHECK(action.act == SINK_PROCEED && action.delay == 0);
    action = sink_script_at(&script, SINK_AT_BODY, 0, 99);
    CHECK(action.act == SINK_PROCEED && action.delay == 3000);
    action = sink_script_at(&script, SINK_AT_BODY, 99, 130);
    CHECK(action.act == SINK_DROP && action.delay == 0);
    action = sink_script_at(&script, SINK_AT_BODY, 130, 200);
    CHECK(action.act == SINK_PROCEED && action.delay == 0);
}

static void check_full(void)
{
    struct sink_script script = {0};

    for (int i = 0; i < SINK_RULES_MAX; i++)
        CHECK(sink_script_add(&script, SPAN("NOOP=drop")) == NULL);
    CHECK(sink_script_add(&script, SPAN("NOOP=drop")) != NULL);
    CHECK(script.count == SINK_RULES_MAX);
}

int main(void)
{
    check_cases();
    check_lookup();
    check_full();
    return test_end("sink_script");
}
