/* filters_size.c: which limit holds for whom, at MAIL and in content. */
#include "filters/filters.h"
#include "filters_fixture.h"

#define RULES                                                                                                \
    "size: {limit: 100, rules: [{clients: 192.0.2.0/24, listeners: [in, out], limit: 50}, "                  \
    "{clients: [198.51.100.1, 192.0.2.1], limit: 0}, {listeners: big, limit: 1000}]}"

static const struct row {
    const char *filter;
    uint8_t client[4];
    const char *listener, *parameters;
    uint64_t size;
    unsigned mail, content; /* codes of the refusals */
} rows[] = {
    {"size", {192, 0, 2, 1}, "in", "SIZE=18446744073709551615", UINT64_MAX, 0, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "", 100, 0, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "", 101, 0, 552},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "SIZE=100", 1, 0, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "SIZE=101", 1, 552, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "BODY=8BITMIME size=101 RET=FULL", 1, 552, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "BODY=8BITMIME RET=FULL", 1, 0, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "XSIZE=101 SIZE=99", 1, 0, 0},
    {"size: {limit: 100}", {192, 0, 2, 1}, "in", "SIZE=99999999999999999999", 1, 552, 0},
    {"size: {limit: 100, reply: 452 4.3.1 Later}", {192, 0, 2, 1}, "in", "", 101, 0, 452},
    {RULES, {192, 0, 2, 1}, "in", "SIZE=50", 51, 0, 552},
    {RULES, {192, 0, 2, 1}, "other", "SIZE=5000", 5000, 0, 0},
    {RULES, {192, 0, 2, 2}, "other", "SIZE=100", 101, 0, 552},
    {RULES, {192, 0, 3, 2}, "big", "SIZE=1000", 1001, 0, 552},
    {RULES, {192, 0, 3, 2}, "in", "SIZE=101", 100, 552, 0},
};

static void test_row(const struct row *row)
{
    struct yaml yaml;
    struct fake_session session;
    struct decision decision;
    struct chain_question question = {.event = FILTER_MAIL, .path = fake_path("a@b")};

    yaml_begin(&yaml, &session, row->filter);
    session.facts.client_family = 4;
    memcpy(session.facts.client_address, row->client, sizeof(row->client));
    session.facts.listener = span_str(row->listener);
    fake_message_begin(&session);
    question.path.parameters = span_str(row->parameters);
    CHECK((chain_ask(&session.run, &question, &decision) != VERDICT_CONTINUE) == (row->mail != 0));
    CHECK(row->mail == 0 || decision.code == row->mail);
    session.facts.size = row->size;
    CHECK((fake_ask(&session, FILTER_CONTENT, &decision) != VERDICT_CONTINUE) == (row->content != 0));
    CHECK(row->content == 0 || decision.code == row->content);
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

int main(void)
{
    registry_add(&filter_size);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int before = test_failures;
        test_row(&rows[i]);
        if (test_failures != before)
            fprintf(stderr, "  in row %zu\n", i);
    }
    yaml_refused("size: {reply: no}", "is no refusal");
    yaml_refused("size: {rules: [{clients: 192.0.2.1}]}", "limit");
    return test_end("filters_size");
}
