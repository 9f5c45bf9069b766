/* What is known of a kept message, written and read back. */
#include "quarantine/facts.h"

#include <errno.h>

#include "test.h"

static const struct facts_recipient both[] = {
    {.address = SPAN("bob@example.net"), .parameters = SPAN("NOTIFY=SUCCESS ORCPT=rfc822;bob@example.net")},
    {.address = SPAN("\xce\xb1\xce\xb2@example.net"), .given = SPAN("\"a \\\"b\"@example.net")},
};

static const struct facts full = {
    .id = SPAN("01ABC"),
    .time = SPAN("2026-01-02T03:04:05.678Z"),
    .session = SPAN("S1"),
    .client = SPAN("192.0.2.1"),
    .client_name = SPAN("client.example.org"),
    .client_port = 4321,
    .helo = SPAN("client"),
    .extended = true,
    .listener = SPAN("front"),
    .tls_version = SPAN("TLSv1.3"),
    .tls_cipher = SPAN("TLS_AES_128_GCM_SHA256"),
    .tls_subject = SPAN("CN=x"),
    .authentication = SPAN("PLAIN"),
    .identity = SPAN("bob"),
    .reverse_path = SPAN("alice@example.org"),
    .reverse_path_given = SPAN("al@example.org"),
    .parameters = SPAN("BODY=8BITMIME SMTPUTF8"),
    .smtputf8 = true,
    .binary = false,
    .recipients = both,
    .recipient_count = 2,
    .filter = SPAN("regex"),
    .reason = SPAN("rule \"x\"\n\x01"),
    .size = UINT64_C(5000000000),
    .upstream = SPAN("mail.example.net:25"),
    .destination = SPAN("192.0.2.9:25"),
};

static char *print(const struct facts *facts, size_t *len)
{
    char *json = facts_print(facts, false, len);

    REQUIRE(json != NULL && json[*len] == '\0');
    return json;
}

static void same(const struct facts *a, const struct facts *b)
{
#define SAME(member) CHECK_SPAN(a->member, b->member)
    SAME(id);
    SAME(time);
    SAME(session);
    SAME(client);
    SAME(client_name);
    SAME(helo);
    SAME(listener);
    SAME(tls_version);
    SAME(tls_cipher);
    SAME(tls_subject);
    SAME(authentication);
    SAME(identity);
    SAME(reverse_path);
    SAME(reverse_path_given);
    SAME(parameters);
    SAME(filter);
    SAME(reason);
    SAME(upstream);
    SAME(destination);
    CHECK(a->client_port == b->client_port && a->size == b->size);
    CHECK(a->extended == b->extended && a->smtputf8 == b->smtputf8 && a->binary == b->binary);
    CHECK(a->recipient_count == b->recipient_count);
    for (size_t i = 0; i < a->recipient_count && i < b->recipient_count; i++) {
        SAME(recipients[i].address);
        SAME(recipients[i].parameters);
        SAME(recipients[i].given);
    }
}

static void test_round(void)
{
    const struct facts least = {
        .id = SPAN("X"), .reverse_path = SPAN(""), .recipients = both, .recipient_count = 1};
    const struct facts *const cases[] = {&full, &least};

    for (size_t i = 0; i < 2; i++) {
        struct facts_file file;
        size_t len;
        char *json = print(cases[i], &len);
        CHECK(facts_open(&file, span_of(json, len)) == 0);
        same(&file.facts, cases[i]);
        facts_close(&file);
        free(json);
    }
}

/* What is absent is not written; the empty reverse-path is. */
static void test_absent(void)
{
    const struct facts least = {
        .id = SPAN("X"), .reverse_path = SPAN(""), .recipients = both, .recipient_count = 1};
    size_t len;
    char *json = print(&least, &len);

    CHECK(strstr(json, "\"tls\"") == NULL && strstr(json, "\"client\"") == NULL);
    CHECK(strstr(json, "\"reverse_path\": \"\"") != NULL);
    free(json);
}

/* Octets that are no UTF-8 do no harm. */
static void test_latin1(void)
{
    struct facts facts = full;
    struct facts_file file;
    size_t len;
    char *json;

    facts.tls_subject = SPAN("CN=M\xfcller");
    facts.reason = span_of("a\0b", 3);
    json = print(&facts, &len);
    CHECK(facts_open(&file, span_of(json, len)) == 0);
    CHECK_SPAN(file.facts.tls_subject, SPAN("CN=M\xc3\xbcller"));
    CHECK_SPAN(file.facts.reason, SPAN("a?b"));
    facts_close(&file);
    free(json);
}

#define GOOD "\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[{\"address\":\"a@b\"}]"

static void test_refused(void)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"id\":\"X\"}",
        "{\"id\":\"X\",\"reverse_path\":\"\"}",
        "{\"id\":1,\"reverse_path\":\"\",\"recipients\":[{\"address\":\"a@b\"}]}",
        "{\"id\":\"X\",\"reverse_path\":null,\"recipients\":[{\"address\":\"a@b\"}]}",
        "{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":{\"address\":\"a@b\"}}",
        "{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[\"a@b\"]}",
        "{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[{\"address\":\"\"}]}",
        "{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[{}]}",
        "{" GOOD ",\"id\":\"Y\"}",
        "{" GOOD ",\"size\":-1}",
        "{" GOOD ",\"size\":\"1\"}",
        "{" GOOD ",\"size\":1.5}",
        "{" GOOD ",\"smtputf8\":1}",
        "{" GOOD ",\"client\":\"x\"}",
        "{" GOOD ",\"client\":{\"port\":\"x\"}}",
        "{" GOOD ",\"helo\":7}",
        "{" GOOD "} x",
        ("{" GOOD),
    };
    struct facts_file file;

    CHECK(facts_open(&file, SPAN("{" GOOD ",\"later\":{\"than\":[\"this\"]}}")) == 0);
    facts_close(&file);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(facts_open(&file, span_str(bad[i])) == -EBADMSG);
}

int main(void)
{
    test_round();
    test_absent();
    test_latin1();
    test_refused();
    return test_end("quarantine_facts");
}
