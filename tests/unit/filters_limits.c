/* filters_limits.c: what is measured in a message, up to the octet; what becomes of too much; rules that are
 * none. How many addresses a field names. */
#include "filters/filters.h"
#include "filters/limits/addresses.h"
#include "filters_fixture.h"

/* --- addresses ------------------------------------------------------------------------------------------ */

static void test_addresses(void)
{
    static const struct {
        const char *value;
        size_t count;
    } rows[] = {
        {"", 0},
        {" \r\n ", 0},
        {"a@b", 1},
        {" a@b,\r\n c@d ", 2},
        {",,a@b,,", 1},
        {"\"x, y\" <a@b>, z <c@d>", 2},
        {"\"x\\\", y\" <a@b>", 1},
        {"(a, b (c, d)\\), e) a@b", 1},
        {"(nobody)", 0},
        {"a@[IPv6:::1], b@[1.2.3.4]", 2},
        {"undisclosed-recipients:;", 0},
        {"friends: a@b, c@d;, e@f", 3},
        {"<@x,@y:a@b>, c@d", 2},
        {"\"unended, a@b, c@d", 1},
        {"(unended, a@b", 0},
        {"a\\,b", 2},
        {"\\", 1},
        {"\"\\", 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i].value), count;
        char *copy = malloc(len + 1);
        REQUIRE(copy != NULL);
        memcpy(copy, rows[i].value, len);
        count = addresses_count(span_of(copy, len));
        if (count != rows[i].count)
            fprintf(stderr, "%s: %zu\n", rows[i].value, count);
        CHECK(count == rows[i].count);
        free(copy);
    }
}

/* --- messages ------------------------------------------------------------------------------------------- */

/* Two parts in one; the second is an attachment. 4 fields, 2 addresses. */
static enum verdict ask(struct fake_session *session, const struct chain_question *question,
                        struct decision *decision)
{
    return chain_ask(&session->run, question, decision);
}

static enum verdict ask_field(struct fake_session *session, const char *name, const char *value,
                              struct decision *decision)
{
    struct chain_question question = {.event = FILTER_HEADER,
                                      .header = {.name = span_str(name), .value = span_str(value)}};

    return ask(session, &question, decision);
}

static enum verdict ask_part(struct fake_session *session, const struct filter_part *part,
                             enum filter_part_kind kind, const char *bytes, struct decision *decision)
{
    struct chain_question question = {.event = FILTER_PART};

    question.part.is = *part;
    question.part.piece = (struct filter_piece){.kind = kind, .value = span_str(bytes)};
    return ask(session, &question, decision);
}

static enum verdict ask_parts(struct fake_session *session, struct decision *decision)
{
    const struct filter_part parts[] = {
        {.index = 0, .type = SPAN("multipart"), .subtype = SPAN("mixed"), .multipart = true},
        {.index = 1, .depth = 1, .type = SPAN("text"), .subtype = SPAN("plain"), .text = true},
        {.index = 2, .depth = 1, .type = SPAN("a"), .subtype = SPAN("b"), .filename = SPAN("abcde")},
    };
    static const char *const bytes[][3] = {
        {"note", "", ""}, {"12345\r", "\n123", "4567\r\n1\r\r2\r\n"}, {"1", "2", ""}};
    enum verdict verdict = VERDICT_CONTINUE;

    for (unsigned i = 0; i < 3 && verdict == VERDICT_CONTINUE; i++) {
        verdict = ask_part(session, &parts[i], FILTER_PART_BEGIN, "", decision);
        for (unsigned n = 0; n < 3 && verdict == VERDICT_CONTINUE; n++)
            verdict = ask_part(session, &parts[i], FILTER_PART_BYTES, bytes[i][n], decision);
    }
    return verdict;
}

static enum verdict deliver(struct fake_session *session, struct decision *decision)
{
    static const char *const fields[][2] = {{"To", " a@b"}, {"Subject", " 12345"}, {"CC", " c@d,\r\n e@f"}};
    struct chain_question body = {.event = FILTER_BODY, .bytes = SPAN("12345678")};
    enum verdict verdict = VERDICT_CONTINUE;

    for (unsigned i = 0; i < 3 && verdict == VERDICT_CONTINUE; i++)
        verdict = ask_field(session, fields[i][0], fields[i][1], decision);
    if (verdict == VERDICT_CONTINUE)
        verdict = fake_ask(session, FILTER_END_OF_HEADERS, decision);
    if (verdict == VERDICT_CONTINUE)
        verdict = ask(session, &body, decision);
    return verdict == VERDICT_CONTINUE ? ask_parts(session, decision) : verdict;
}

/* What the message has of each, and what is said when one less is allowed. */
static const struct {
    const char *of;
    unsigned has, code;
    const char *enhanced, *text;
} limits[] = {
    {"header", 9 + 16 + 16, 552, "5.3.4", "More than 40 octets of header section"},
    {"fields", 3, 554, "5.6.0", "More than 2 header fields"},
    {"field", 16, 552, "5.3.4", "More than 15 octets in a header field"},
    {"addresses", 3, 550, "5.7.1", "More than 2 addresses in To and Cc"},
    {"body", 8, 552, "5.3.4", "More than 7 octets of body"},
    {"parts", 3, 554, "5.6.0", "More than 2 parts"},
    {"depth", 1, 554, "5.6.0", "More than 0 parts in each other"},
    {"part", 22, 552, "5.3.4", "More than 21 octets in a part"},
    {"decoded", 28, 552, "5.3.4", "More than 27 octets, decoded"},
    {"line", 7, 554, "5.6.0", "More than 6 octets in a line of text"},
    {"attachments", 1, 550, "5.7.1", "More than 0 attachments"},
    {"filename", 5, 554, "5.6.0", "More than 4 octets in the name of a part"},
};

static void check(const char *of, unsigned most, const char *rest, enum verdict expected,
                  struct decision *decision, struct fake_session *session, struct yaml *yaml)
{
    char filter[256];

    snprintf(filter, sizeof(filter), "limits: {rules: [{of: %s, max: %u%s}]}", of, most, rest);
    yaml_begin(yaml, session, filter);
    fake_message_begin(session);
    CHECK(deliver(session, decision) == expected);
}

static void test_limits(void)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct decision decision;
        struct yaml yaml;
        struct fake_session session;
        int before = test_failures;

        check(limits[i].of, limits[i].has, "", VERDICT_CONTINUE, &decision, &session, &yaml);
        chain_message_end(&session.run, true);
        yaml_end(&yaml, &session);
        check(limits[i].of, limits[i].has - 1, "", VERDICT_REJECT, &decision, &session, &yaml);
        CHECK(decision.code == limits[i].code);
        CHECK_SPAN(span_str(decision.enhanced), span_str(limits[i].enhanced));
        CHECK_SPAN(decision.text, span_str(limits[i].text));
        chain_message_end(&session.run, true);
        yaml_end(&yaml, &session);
        check(limits[i].of, limits[i].has - 1, ", action: tempfail", VERDICT_TEMPFAIL, &decision, &session,
              &yaml);
        CHECK(decision.code / 100 == 4 && decision.enhanced[0] == '4');
        chain_message_end(&session.run, true);
        yaml_end(&yaml, &session);
        if (test_failures != before)
            fprintf(stderr, "  of %s\n", limits[i].of);
    }
}

static void test_actions(void)
{
    struct decision decision;
    struct yaml yaml;
    struct fake_session session;

    check("fields", 1, ", action: discard", VERDICT_DISCARD, &decision, &session, &yaml);
    CHECK_SPAN(decision.reason, SPAN("more than 1 header fields"));
    yaml_end(&yaml, &session);
    check("fields", 1, ", reply: '554 5.7.1 No'", VERDICT_REJECT, &decision, &session, &yaml);
    CHECK_SPAN(decision.text, SPAN("No"));
    yaml_end(&yaml, &session);
    check("fields", 1, ", action: log", VERDICT_CONTINUE, &decision, &session, &yaml);
    CHECK(fake_logged(&session.world, "more than 1 header fields"));
    yaml_end(&yaml, &session);
    check("fields", 1,
          ", action: tag, header: 'X-Many: yes'}, {of: part, max: 1, action: tag, header: 'X-Part: 1'",
          VERDICT_CONTINUE, &decision, &session, &yaml);
    CHECK(chain_edits(yaml.settings->chain) == (FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE));
    CHECK_SPAN(fake_edited(&session, SPAN("A: b\r\n\r\n")), SPAN("X-Part: 1\r\nX-Many: yes\r\nA: b\r\n\r\n"));
    yaml_end(&yaml, &session);
}

int main(void)
{
    registry_add(&filter_limits);
    test_addresses();
    test_limits();
    test_actions();
    yaml_refused("limits: {}", "rules");
    yaml_refused("limits: {rules: [{of: other, max: 1}]}", "allowed: header, fields");
    yaml_refused("limits: {rules: [{of: part}]}", "max");
    yaml_refused("limits: {rules: [{of: part, max: 1, action: tag}]}", "go together");
    yaml_refused("limits: {rules: [{of: part, max: 1, header: 'A: b'}]}", "go together");
    yaml_refused("limits: {rules: [{of: part, max: 1, action: tag, header: A}]}", "no header field");
    yaml_refused("limits: {rules: [{of: part, max: 1, action: tag, header: \"A: b\\r\\nB: c\"}]}",
                 "no header field");
    yaml_refused("limits: {rules: [{of: part, max: 1, action: log, reply: '550 x'}]}",
                 "for reject and tempfail");
    yaml_refused("limits: {rules: [{of: part, max: 1, reply: '450 x'}]}", "class");
    return test_end("filters_limits");
}
