/* session_capabilities.c: tests of session/capabilities: the settings' share in what is offered. */
#include "session/capabilities.h"

#include "session_fixture.h"

static void upstream_of(struct ehlo *caps, const char *const lines[])
{
    ehlo_clear(caps);
    for (size_t i = 0; lines[i] != NULL; i++)
        ehlo_add_line(caps, span_str(lines[i]));
}

static struct session *begin(struct fixture *f)
{
    fixture_init(f);
    fixture_serve(f);
    return fixture_open(f, SPAN("250 mx.example\r\n"));
}

static void test_chunking(void)
{
    static const char *const with[] = {"CHUNKING", "BINARYMIME", "8BITMIME", NULL};
    static const char *const without[] = {"BINARYMIME", "8BITMIME", NULL};
    struct fixture f;
    struct session *session = begin(&f);
    struct ehlo caps, offer;

    upstream_of(&caps, with);
    capabilities_offer(session, &caps, &offer);
    CHECK(ehlo_has(&offer, KEYWORD_CHUNKING) && ehlo_has(&offer, KEYWORD_BINARYMIME));
    f.settings.chunking = CHUNKING_NEVER;
    capabilities_offer(session, &caps, &offer);
    CHECK(!ehlo_has(&offer, KEYWORD_CHUNKING) && !ehlo_has(&offer, KEYWORD_BINARYMIME));
    upstream_of(&caps, without);
    f.settings.chunking = CHUNKING_RELAY;
    capabilities_offer(session, &caps, &offer);
    CHECK(!ehlo_has(&offer, KEYWORD_CHUNKING) && !ehlo_has(&offer, KEYWORD_BINARYMIME));
    f.settings.chunking = CHUNKING_ALWAYS;
    capabilities_offer(session, &caps, &offer);
    CHECK(ehlo_has(&offer, KEYWORD_CHUNKING) && !ehlo_has(&offer, KEYWORD_BINARYMIME));
    CHECK((session->offered >> KEYWORD_CHUNKING & 1u) != 0);
    fixture_end(&f);
}

static void test_size(void)
{
    static const char *const sized[] = {"SIZE 100000", NULL};
    static const char *const unsized[] = {"SIZE", NULL};
    struct fixture f;
    struct session *session = begin(&f);
    struct ehlo caps, offer;

    upstream_of(&caps, sized);
    capabilities_offer(session, &caps, &offer);
    CHECK(session->size_limit == 100000);
    f.settings.limits.message_size = 5000;
    capabilities_offer(session, &caps, &offer);
    CHECK(session->size_limit == 5000);
    upstream_of(&caps, unsized);
    capabilities_offer(session, &caps, &offer);
    CHECK(session->size_limit == 5000);
    f.settings.limits.message_size = 0;
    capabilities_offer(session, &caps, &offer);
    CHECK(ehlo_has(&offer, KEYWORD_SIZE) && session->size_limit == 0);
    upstream_of(&caps, sized);
    f.settings.trace = TRACE_RECEIVED;
    capabilities_offer(session, &caps, &offer);
    CHECK(session->size_limit < 100000 && session->size_limit > 90000);
    fixture_end(&f);
}

static void test_mechanisms(void)
{
    static const char *const some[] = {"AUTH PLAIN EXTERNAL SCRAM-SHA-256-PLUS LOGIN", NULL};
    static const char *const none[] = {"DSN", NULL};
    struct fixture f;
    struct session *session = begin(&f);
    struct ehlo caps, offer;

    upstream_of(&caps, some);
    capabilities_offer(session, &caps, &offer);
    CHECK(session->mechanisms != NULL && strcmp(session->mechanisms, "PLAIN LOGIN") == 0);
    upstream_of(&caps, none);
    capabilities_offer(session, &caps, &offer);
    CHECK(session->mechanisms == NULL);
    fixture_end(&f);
}

static void test_memory(void)
{
    static const char *const lines[] = {"DSN", NULL};
    struct fixture f;
    struct session *session;
    struct ehlo caps;

    fixture_init(&f);
    f.settings.connect = CONNECT_LATE;
    fixture_serve(&f);
    fixture_arrive(&f);
    session = LIST_FIRST(&f.server->sessions);
    CHECK(capabilities_known(session) == NULL);
    upstream_of(&caps, lines);
    capabilities_learn(session, &caps);
    ehlo_clear(&caps);
    CHECK(capabilities_known(session) != NULL && ehlo_has(capabilities_known(session), KEYWORD_DSN));
    fixture_end(&f);
}

int main(void)
{
    test_chunking();
    test_size();
    test_mechanisms();
    test_memory();
    return test_end("session_capabilities");
}
