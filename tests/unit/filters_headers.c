/* filters_headers.c: the rules of `headers`: what is refused when they are read, what they come to in
 * messages; the names that Authentication-Results claim. */
#include "filters/headers/authserv.h"
#include "filters/filters.h"
#include "filters_fixture.h"

#define SECTION "A: 1\r\nB: two\r\na: 3\r\n\r\n"

static const struct row {
    const char *rules, *expected;
} rows[] = {
    {"", SECTION},
    {"{action: remove, name: a}", "B: two\r\n\r\n"},
    {"{action: remove, name: a, pattern: '^3$'}", "A: 1\r\nB: two\r\n\r\n"},
    {"{action: remove, name: a, pattern: '^2$'}", SECTION},
    {"{action: replace, name: A, value: x}", "A: x\r\nB: two\r\nA: x\r\n\r\n"},
    {"{action: replace, name: C, value: x}", SECTION},
    {"{action: remove, name: a, pattern: 1}, {action: replace, name: a, value: x}", "B: two\r\na: x\r\n\r\n"},
    {"{action: replace, name: B, value: '$1-$$-${o}', pattern: '^(t)w(?<o>.)$'}",
     "A: 1\r\nB: t-$-o\r\na: 3\r\n\r\n"},
    {"{action: replace, name: A, value: '$0$0', pattern: '[3-9]'}", "A: 1\r\nB: two\r\nA: 33\r\n\r\n"},
    {"{action: replace, name: A, value: '$0'}", "A: $0\r\nB: two\r\nA: $0\r\n\r\n"},
    {"{action: add, name: C, value: x}", "C: x\r\n" SECTION},
    {"{action: insert, name: C, value: x, position: 1}", "A: 1\r\nC: x\r\nB: two\r\na: 3\r\n\r\n"},
    {"{action: append, name: C, value: x}", "A: 1\r\nB: two\r\na: 3\r\nC: x\r\n\r\n"},
    {"{action: remove, name: A}, {action: add, name: A, value: x}", "A: x\r\nB: two\r\n\r\n"},
    {"{action: add, name: A, value: x}, {action: remove, name: A}", "A: x\r\nB: two\r\n\r\n"},
    {"{action: remove, name: A, if: {header: b}}", "B: two\r\n\r\n"},
    {"{action: remove, name: A, if: {header: b, pattern: 'tw'}}", "B: two\r\n\r\n"},
    {"{action: remove, name: A, if: {header: b, pattern: '^w'}}", SECTION},
    {"{action: remove, name: A, if: {header: C}}", SECTION},
    {"{action: add, name: C, value: x, if: {header: A, pattern: 3}}", "C: x\r\n" SECTION},
};

static enum verdict ask_field(struct fake_session *session, const char *name, const char *value)
{
    struct chain_question question = {.event = FILTER_HEADER,
                                      .header = {.name = span_str(name), .value = span_str(value)}};
    struct decision decision;

    return chain_ask(&session->run, &question, &decision);
}

static void test_rules(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        char filter[1024];
        int before = test_failures;

        snprintf(filter, sizeof(filter), "headers: {rules: [%s]}", rows[i].rules);
        yaml_begin(&yaml, &session, filter);
        CHECK(chain_edits(yaml.settings->chain) == FILTER_EDITS_HEADERS);
        for (unsigned message = 0; message < 2; message++) {
            fake_message_begin(&session);
            CHECK(ask_field(&session, "A", " 1") == VERDICT_CONTINUE);
            CHECK(ask_field(&session, "B", " two") == VERDICT_CONTINUE);
            CHECK(ask_field(&session, "a", " 3") == VERDICT_CONTINUE);
            CHECK(fake_ask(&session, FILTER_END_OF_HEADERS, &decision) == VERDICT_CONTINUE);
            CHECK_SPAN(fake_edited(&session, SPAN(SECTION)), span_str(rows[i].expected));
            chain_message_end(&session.run, false);
        }
        yaml_end(&yaml, &session);
        if (test_failures != before)
            fprintf(stderr, "  in row %zu\n", i);
    }
}

static void test_refused(void)
{
    char many[4096] = "headers: {rules: [";

    yaml_refused("headers: {rules: [{action: add, name: A}]}", "needs the key value");
    yaml_refused("headers: {rules: [{action: remove, name: A, value: x}]}", "no such key");
    yaml_refused("headers: {rules: [{action: add, name: A, value: x, pattern: y}]}", "no such key");
    yaml_refused("headers: {rules: [{action: add, name: A, value: x, position: 2}]}", "no such key");
    yaml_refused("headers: {rules: [{action: replace, name: A, value: '$1', pattern: x}]}", "names no group");
    yaml_refused("headers: {rules: [{action: add, name: 'A:', value: x}]}", "no name");
    yaml_refused("headers: {rules: [{action: add, name: A, value: ''}]}", "one line");
    yaml_refused("headers: {rules: [{action: add, name: A, value: \"a\\nb\"}]}", "one line");
    yaml_refused("headers: {rules: [{action: remove, name: A, pattern: '('}]}", "at offset 1");
    yaml_refused("headers: {rules: [{action: remove, name: A, if: {header: B, pattern: '['}}]}",
                 "at offset 1");
    yaml_refused("headers: {rules: [{action: remove, name: A, if: {header: 'B C'}}]}", "no name");
    for (unsigned i = 0; i < 64; i++)
        strcat(many, "{action: remove, name: A},"); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
    strcat(many, "]}");                             /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
    yaml_refused(many, "63 rules at most");
}

/* A pattern that would take for ever: the filter fails, and what it did is dropped. */
static void test_limit(void)
{
    struct yaml yaml;
    struct fake_session session;
    char value[64];

    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 2] = 'b';
    value[sizeof(value) - 1] = '\0';
    yaml_begin(&yaml, &session, "headers: {rules: [{action: remove, name: A, pattern: '^(a|aa)+$'}]}");
    fake_message_begin(&session);
    CHECK(ask_field(&session, "A", value) == VERDICT_TEMPFAIL);
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

static void test_authserv(void)
{
    static const struct {
        struct span value;
        const char *id;
    } ids[] = {
        {SPAN(" a.example; none"), "a.example"},
        {SPAN("a.example"), "a.example"},
        {SPAN("\r\n\t(c)\r\n (d(e\\)f)) a.example 1; none"), "a.example"},
        {SPAN("a.example.;"), "a.example"},
        {SPAN("a.example/1"), "a.example"},
        {SPAN("a.example(b)c"), "a.example"},
        {SPAN("\"a.ex\\ample\"; none"), "a.example"},
        {SPAN("\"a.\r\n example\""), "a. example"},
        {SPAN(""), ""},
        {SPAN("  "), ""},
        {SPAN("; none"), ""},
        {SPAN("(a"), ""},
        {SPAN("(a\\)"), ""},
        {SPAN("(a\\"), ""},
        {SPAN("\"a"), ""},
        {SPAN("\"a\\"), ""},
        {SPAN("\"\""), ""},
        {SPAN("1234567890123456789"), "1234567890123456"},
        {SPAN("\"1234567890123456789"), "1234567890123456"},
        {SPAN("123456789012345.;"), "123456789012345."},
    };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char id[16], *value = malloc(ids[i].value.len + 1);
        REQUIRE(value != NULL);
        memcpy(value, ids[i].value.ptr, ids[i].value.len);
        CHECK_SPAN(span_of(id, authserv_read(span_of(value, ids[i].value.len), id, sizeof(id))),
                   span_str(ids[i].id));
        free(value);
    }
}

int main(void)
{
    registry_add(&filter_headers);
    test_rules();
    test_refused();
    test_limit();
    test_authserv();
    return test_end("filters_headers");
}
