/* session_server.c: tests of session/server: places, draining, generations of settings. */
#include "session_fixture.h"

static void test_places(void)
{
    struct fixture f;
    struct lab_pipe *first, *second;

    fixture_init(&f);
    f.settings.connect = CONNECT_LATE;
    f.settings.limits.sessions = 1;
    fixture_serve(&f);
    first = fixture_arrive(&f);
    CHECK_HEARD(first, "220 proxy.example ESMTP\r\n");
    second = fixture_arrive(&f);
    CHECK_HEARD(second, "421 4.3.2 Too many connections, try again later\r\n");
    CHECK(second->finished && server_sessions(f.server) == 2);
    /* One that is only told 421 holds no place. */
    lab_pipe_reset(first);
    lab_run(&f.lab);
    CHECK(server_sessions(f.server) == 1);
    fixture_arrive(&f);
    CHECK_HEARD(f.client, "220 proxy.example ESMTP\r\n");
    fixture_end(&f);
}

static void test_draining(void)
{
    struct fixture f;
    struct lab_pipe *idle;

    fixture_init(&f);
    f.settings.connect = CONNECT_LATE;
    fixture_serve(&f);
    idle = fixture_arrive(&f);
    idle->from.len = 0;
    server_drain(f.server, MINUTE);
    lab_run(&f.lab);
    CHECK_HEARD(idle, "421 4.3.2 Service is shutting down\r\n");
    CHECK(f.emptied == 0);
    lab_pipe_end(idle);
    lab_run(&f.lab);
    CHECK(f.emptied == 1);
    fixture_end(&f);
}

static void test_draining_nobody(void)
{
    struct fixture f;

    fixture_init(&f);
    fixture_serve(&f);
    server_drain(f.server, MINUTE);
    CHECK(f.emptied == 1);
    fixture_end(&f);
}

static void test_grace(void)
{
    struct fixture f;

    fixture_init(&f);
    fixture_serve(&f);
    fixture_open(&f, SPAN("250 mx.example\r\n"));
    fixture_client_says(&f, SPAN("MAIL FROM:<a@example.com>\r\n"));
    fixture_upstream_says(&f, SPAN("250 ok\r\n"));
    CHECK_HEARD(f.client, "250 ok\r\n");
    server_drain(f.server, MINUTE);
    lab_pass(&f.lab, MINUTE - 1);
    CHECK_HEARD(f.client, "");
    lab_pass(&f.lab, 1);
    CHECK_HEARD(f.client, "421 Service is shutting down\r\n");
    CHECK(f.upstream->closed);
    lab_pass(&f.lab, MINUTE); /* a client that does not close is not waited for */
    CHECK(f.emptied == 1);
    fixture_end(&f);
}

/* A session keeps the settings it began with. */
static void test_generations(void)
{
    struct fixture f;
    struct settings next;
    struct lab_pipe *old;

    fixture_init(&f);
    f.settings.connect = CONNECT_LATE;
    fixture_serve(&f);
    old = fixture_arrive(&f);
    next = f.settings;
    atomic_store(&next.references, 0);
    next.greeting = "new";
    next.hostname = "new.example";
    server_configure(f.server, &next);
    CHECK(f.released == 0);
    fixture_arrive(&f);
    CHECK_HEARD(f.client, "220 new.example new\r\n");
    old->from.len = 0;
    lab_pipe_send(old, SPAN("HELO x\r\n"));
    lab_run(&f.lab);
    CHECK_HEARD(old, "250 proxy.example\r\n");
    lab_pipe_reset(old);
    lab_run(&f.lab);
    CHECK(f.released == 1);
    lab_pipe_reset(f.client);
    lab_run(&f.lab);
    CHECK(server_sessions(f.server) == 0);
    server_free(f.server);
    CHECK(f.released == 2);
    chain_free(f.settings.chain);
    lab_free(&f.lab);
}

int main(void)
{
    test_places();
    test_draining();
    test_draining_nobody();
    test_grace();
    test_generations();
    return test_end("session_server");
}
