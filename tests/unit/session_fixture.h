/* session_fixture.h: settings made by hand, a server in a world in memory, one client and its upstream, for
 * the tests of session/. */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <stdlib.h>

#include "lab.h"
#include "session/server_private.h"
#include "session/session.h"
#include "test.h"

#define MINUTE UINT64_C(60000)

struct fixture {
    struct lab lab;
    struct settings settings;
    struct settings_upstream upstreams[2];
    struct server *server;
    struct lab_pipe *client, *upstream;
    unsigned emptied, released;
};

static inline void fixture_emptied(void *owner)
{
    ((struct fixture *)owner)->emptied++;
}

static inline void fixture_released(struct settings *settings)
{
    struct fixture *f = settings->memory;

    f->released++;
}

/* Change f->settings between this and fixture_serve(). */
static inline void fixture_init(struct fixture *f)
{
    static const struct settings_limits limits = {.local_part = 64,
                                                  .domain = 255,
                                                  .path = 256,
                                                  .command_line = 512,
                                                  .auth_line = 12288,
                                                  .recipients = 1000,
                                                  .min_data_rate = 100,
                                                  .header_size = 65536,
                                                  .header_field = 65536,
                                                  .header_count = 100,
                                                  .hops = 100,
                                                  .reply_lines = 128,
                                                  .transaction_memory = 8192,
                                                  .spool_memory = 8192};
    struct settings *s = &f->settings;

    *f = (struct fixture){0};
    lab_init(&f->lab, 7);
    s->hostname = "proxy.example";
    s->greeting = "ESMTP";
    f->upstreams[0] = (struct settings_upstream){.host = "192.0.2.1", .port = 25, .address = "192.0.2.1:25"};
    f->upstreams[1] = (struct settings_upstream){.host = "192.0.2.2", .port = 25, .address = "192.0.2.2:25"};
    s->upstreams = (struct option_rows){f->upstreams, 1};
    s->limits = limits;
    s->timeouts = (struct settings_timeouts){5 * MINUTE,  3 * MINUTE, 5 * MINUTE, MINUTE,     5 * MINUTE,
                                             5 * MINUTE,  5 * MINUTE, 5 * MINUTE, 2 * MINUTE, 3 * MINUTE,
                                             10 * MINUTE, 5 * MINUTE, MINUTE,     MINUTE};
    s->chain = chain_new();
    s->memory = f;
    s->release = fixture_released;
}

static inline void fixture_serve(struct fixture *f)
{
    f->server = server_new(&f->lab.world, fixture_emptied, f);
    server_configure(f->server, &f->settings);
}

/* One more client; the pipe is also f->client. */
static inline struct lab_pipe *fixture_arrive(struct fixture *f)
{
    static const struct settings_listener listener = {.name = "here"};
    struct arrival arrival = {.listener = &listener};

    (void)ip_parse(SPAN("192.0.2.10"), &arrival.peer);
    f->client = lab_pipe_new(&f->lab, (struct lab_manner){0});
    CHECK(server_accept(f->server, &arrival, &lab_wire_ops, f->client) == 0);
    lab_run(&f->lab);
    return f->client;
}

static inline void fixture_connect(struct fixture *f)
{
    struct lab_dial *dial = lab_dial_waiting(&f->lab);

    CHECK(dial != NULL);
    f->upstream = lab_dial_accept(&f->lab, dial, (struct lab_manner){0});
    lab_run(&f->lab);
}

static inline void fixture_client_says(struct fixture *f, struct span s)
{
    lab_pipe_send(f->client, s);
    lab_run(&f->lab);
}

static inline void fixture_upstream_says(struct fixture *f, struct span s)
{
    lab_pipe_send(f->upstream, s);
    lab_run(&f->lab);
}

/* A client, its upstream, and an EHLO answered with these lines ("250-…" up to "250 …"). */
static inline struct session *fixture_open(struct fixture *f, struct span ehlo_reply)
{
    fixture_arrive(f);
    fixture_connect(f);
    fixture_upstream_says(f, SPAN("220 mx.example\r\n"));
    fixture_client_says(f, SPAN("EHLO client.example\r\n"));
    fixture_upstream_says(f, ehlo_reply);
    f->client->from.len = f->upstream->from.len = 0;
    return LIST_FIRST(&f->server->sessions);
}

/* What the client has been sent since it was last asked. */
#define CHECK_HEARD(pipe, expected)                                                                          \
    do {                                                                                                     \
        CHECK_SPAN(lab_bytes_from(&(pipe)->from, 0), SPAN(expected));                                        \
        (pipe)->from.len = 0;                                                                                \
    } while (0)

static inline bool fixture_logged(const struct fixture *f, const char *text)
{
    struct span lines = lab_bytes_from(&f->lab.lines, 0);

    return lines.len != 0 && memmem(lines.ptr, lines.len, text, strlen(text)) != NULL;
}

/* All clients leave; checks that nothing is left. */
static inline void fixture_end(struct fixture *f)
{
    struct lab_pipe *pipe;

    TAILQ_FOREACH(pipe, &f->lab.pipes, link)
    if (!pipe->closed)
        lab_pipe_reset(pipe);
    lab_run(&f->lab);
    CHECK(server_sessions(f->server) == 0);
    server_free(f->server);
    CHECK(f->released == 1);
    chain_free(f->settings.chain);
    lab_free(&f->lab);
}

#endif
