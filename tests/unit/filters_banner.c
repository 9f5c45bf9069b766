/* filters_banner.c: greeting and reply texts rewritten; what must not be touched stays. */
#include "filters/filters.h"
#include "filters_fixture.h"

#define RULES                                                                                                \
    "banner: {greeting: 'ESMTP ready', rules: ["                                                             \
    "{verb: '.', code: 250, contains: queued, text: 'Accepted'}, "                                           \
    "{contains: Postfix, with: Mail}, "                                                                      \
    "{verb: RCPT, code: 550, text: 'No such user', enhanced: 5.1.1}, "                                       \
    "{verb: NOOP, enhanced: 2.1.0}]}"

static const struct {
    const char *verb;
    unsigned code;
    const char *text;
    const char *enhanced, *rewritten; /* NULL: left alone */
} rows[] = {
    {"CONNECT", 220, "mx.example.com ESMTP Postfix (Debian)", NULL, "mx.example.com ESMTP ready"},
    {"CONNECT", 220, "mx.example.com", NULL, "mx.example.com ESMTP ready"},
    {"CONNECT", 554, "mx.example.com no Postfix", NULL, "mx.example.com no Mail"},
    {"STARTTLS", 220, "2.0.0 Ready", NULL, NULL},
    {".", 250, "2.0.0 Ok: QUEUED as 1234", "2.0.0", "Accepted"},
    {".", 451, "4.3.0 Ok: queued as 1234", NULL, NULL},
    {"MAIL", 250, "2.1.0 postfix and Postfix!", "2.1.0", "Mail and Mail!"},
    {"RCPT", 550, "5.7.1 <a@b>: rejected", "5.1.1", "No such user"},
    {"RCPT", 550, "rejected", "5.1.1", "No such user"},
    {"RCPT", 551, "rejected", NULL, NULL},
    {"NOOP", 250, "2.0.0 Ok", "2.1.0", "Ok"},
    {"NOOP", 250, "192.0.2.1 is here", "2.1.0", "192.0.2.1 is here"},
    {"EHLO", 250, "X-Postfix", NULL, NULL},
    {"EHLO", 550, "Postfix says no", NULL, "Mail says no"},
    {"AUTH", 334, "UG9zdGZpeA Postfix", NULL, NULL},
    {"NOOP", 250, "", "2.1.0", ""},
};

int main(void)
{
    registry_add(&filter_banner);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        yaml_begin(&yaml, &session, RULES);
        CHECK(fake_reply(&session, rows[i].verb, rows[i].code, rows[i].text, &decision) == VERDICT_CONTINUE);
        CHECK(decision.code == (rows[i].rewritten != NULL ? rows[i].code : 0));
        CHECK_SPAN(decision.text, span_str(rows[i].rewritten));
        CHECK_SPAN(span_str(decision.enhanced), span_str(rows[i].enhanced));
        yaml_end(&yaml, &session);
    }
    yaml_refused("banner: {rules: [{with: x}]}", "rules[0]");
    yaml_refused("banner: {rules: [{text: x}, {contains: a, with: x, text: y}]}", "rules[1]");
    yaml_refused("banner: {rules: [{code: 250}]}", "changes nothing");
    return test_end("filters_banner");
}
