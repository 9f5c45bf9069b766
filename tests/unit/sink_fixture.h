/* sink_fixture.h: a world with a clock that the test turns and a client whose octets are memory. What the
 * sink is asked is left to the tests. */
#ifndef SINK_FIXTURE_H
#define SINK_FIXTURE_H

#include <errno.h>

#include "base/mem.h"
#include "sink/memory_store.h"
#include "sink/sink_server.h"
#include "test.h"

#define FIXTURE_ALARMS 8

struct fixture {
    struct world world; /* first: the ops find the fixture by it */
    struct pool pool;
    uint64_t now;
    struct {
        struct alarm *alarm;
        uint64_t at;
    } alarms[FIXTURE_ALARMS];
    struct memory_store store;
    struct sink_options options;
    struct sink_server *server;
    unsigned emptied;
};

/* The client's end of one connection. */
struct client {
    struct wire *wire;
    char got[16384];
    size_t got_len;
    bool reading;  /* the sink takes octets */
    bool finished; /* it has sent a FIN */
    bool closed;
    bool aborted;
    bool slow; /* a write takes until client_take() */
    size_t pending;
};

static uint64_t fixture_now(struct world *world)
{
    return ((struct fixture *)world)->now;
}

static void fixture_alarm_clear(struct world *world, struct alarm *alarm)
{
    struct fixture *fixture = (struct fixture *)world;

    for (size_t i = 0; i < FIXTURE_ALARMS; i++)
        if (fixture->alarms[i].alarm == alarm)
            fixture->alarms[i].alarm = NULL;
}

static bool fixture_alarm_set(struct world *world, struct alarm *alarm, uint64_t at)
{
    struct fixture *fixture = (struct fixture *)world;

    fixture_alarm_clear(world, alarm);
    for (size_t i = 0; i < FIXTURE_ALARMS; i++) {
        if (fixture->alarms[i].alarm != NULL)
            continue;
        fixture->alarms[i].alarm = alarm;
        fixture->alarms[i].at = at;
        return true;
    }
    return false;
}

static const struct world_ops fixture_world_ops = {
    .now = fixture_now,
    .wall = fixture_now,
    .alarm_set = fixture_alarm_set,
    .alarm_clear = fixture_alarm_clear,
};

/* Turns the clock, ringing what falls due in its order. */
static inline void fixture_wait(struct fixture *fixture, uint64_t ms)
{
    uint64_t until = fixture->now + ms;

    for (int rings = 0; rings < 1000; rings++) {
        size_t first = FIXTURE_ALARMS;
        for (size_t i = 0; i < FIXTURE_ALARMS; i++)
            if (fixture->alarms[i].alarm != NULL && fixture->alarms[i].at <= until &&
                (first == FIXTURE_ALARMS || fixture->alarms[i].at < fixture->alarms[first].at))
                first = i;
        if (first == FIXTURE_ALARMS)
            break;
        struct alarm *alarm = fixture->alarms[first].alarm;
        fixture->now = fixture->alarms[first].at;
        fixture->alarms[first].alarm = NULL;
        alarm->ring(alarm->owner);
    }
    fixture->now = until;
}

static void fixture_on_emptied(void *owner)
{
    ((struct fixture *)owner)->emptied++;
}

/* options may be changed between this and fixture_start(). */
static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){
        .world = {.ops = &fixture_world_ops, .pool = &fixture->pool},
        .now = 1000,
        .options = {.hostname = "sink.example", .recipients = 100, .timeout = 300000},
    };
    pool_init(&fixture->pool, 32768, 4);
    memory_store_init(&fixture->store);
    fixture->options.store = &fixture->store.store;
}

static inline void fixture_start(struct fixture *fixture)
{
    fixture->server = sink_server_new(&fixture->world, &fixture->options, fixture_on_emptied, fixture);
    CHECK(fixture->server != NULL);
}

static inline void fixture_end(struct fixture *fixture)
{
    sink_server_abort(fixture->server);
    CHECK(fixture->store.open == 0);
    sink_server_free(fixture->server);
    memory_store_free(&fixture->store);
    for (size_t i = 0; i < FIXTURE_ALARMS; i++)
        CHECK(fixture->alarms[i].alarm == NULL);
    pool_free(&fixture->pool);
}

static void client_add(struct client *client, struct span s)
{
    CHECK(s.len <= sizeof(client->got) - client->got_len);
    if (s.len > sizeof(client->got) - client->got_len)
        return;
    memcpy(client->got + client->got_len, s.ptr, s.len);
    client->got_len += s.len;
}

static long client_on_write(struct wire *wire, struct span s)
{
    struct client *client = wire->carrier;

    client->wire = wire;
    client_add(client, s);
    client->pending = client->slow ? s.len : 0;
    return client->slow ? 0 : (long)s.len;
}

static void client_on_read(struct wire *wire, bool on)
{
    struct client *client = wire->carrier;

    client->wire = wire;
    client->reading = on;
}

static void client_on_finish(struct wire *wire)
{
    ((struct client *)wire->carrier)->finished = true;
}

static void client_on_close(struct wire *wire, bool abort)
{
    struct client *client = wire->carrier;

    client->wire = NULL;
    client->closed = true;
    client->aborted = abort;
}

static const struct wire_ops client_wire_ops = {
    .write = client_on_write, .read = client_on_read, .finish = client_on_finish, .close = client_on_close};

static inline void client_connect(struct client *client, struct fixture *fixture)
{
    struct ip peer = {.family = 4, .bytes = {192, 0, 2, 7}, .port = 4321};

    CHECK(sink_server_accept(fixture->server, &peer, &client_wire_ops, client) == 0);
}

/* A slow write has been taken. */
static inline void client_take(struct client *client)
{
    if (client->wire != NULL && client->pending != 0) {
        client->pending = 0;
        wire_sent(client->wire, 0);
    }
}

/* Sends s in pieces no larger than the room that the sink has, as long as it takes any. */
static inline void client_send(struct client *client, struct span s)
{
    while (s.len != 0 && client->wire != NULL && client->reading) {
        size_t room;
        char *space = wire_space(client->wire, &room);
        if (space == NULL) {
            wire_ended(client->wire, -ENOMEM);
            return;
        }
        if (room > s.len)
            room = s.len;
        memcpy(space, s.ptr, room);
        s = span_skip(s, room);
        wire_received(client->wire, room);
        client_take(client);
    }
}

static inline void client_send_split(struct client *client, struct span s, struct test_split split)
{
    for (size_t at = 0; at < s.len;) {
        size_t end = test_piece_end(split, at, s.len);
        if (end > s.len)
            end = s.len;
        client_send(client, span_first(span_skip(s, at), end - at));
        at = end;
    }
}

static inline void client_hang_up(struct client *client)
{
    if (client->wire != NULL)
        wire_ended(client->wire, 0);
}

static inline struct span client_got(const struct client *client)
{
    return span_of(client->got, client->got_len);
}

#endif
