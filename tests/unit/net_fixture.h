/* net_fixture.h: a loop with two ends of one loopback connection and a time limit, for the tests of net/. */
#ifndef NET_FIXTURE_H
#define NET_FIXTURE_H

#include <signal.h>
#include <unistd.h>

#include "net/bind.h"
#include "net/listener.h"
#include "net/loop.h"
#include "test.h"

#define FIXTURE_LIMIT 20000 /* milliseconds for one case */

struct fixture;

/* One side of the connection; what it does with bytes is the case's affair. */
struct end {
    struct wire wire;
    struct fixture *fixture;
    void (*act)(struct end *end);
    uint64_t taken; /* octets consumed so far */
    bool busy;      /* had a write in flight at some time */
    unsigned calls;
};

struct fixture {
    struct loop loop;
    struct log_target *target;
    struct alarm limit;
    struct listener *listener;
    struct dial dial;
    struct ip address;
    struct end client, server;
    int status; /* of the dial; 1: not done */
};

static inline void fixture_late(void *owner)
{
    struct fixture *f = owner;

    FAIL("the case did not end in time");
    loop_stop(&f->loop);
}

static inline void fixture_start(struct fixture *f)
{
    int error = 0;

    signal(SIGPIPE, SIG_IGN);
    *f = (struct fixture){.status = 1};
    f->target = log_target_open("stderr", &error);
    CHECK(f->target != NULL);
    if (loop_init(&f->loop, f->target) != 0)
        abort();
    f->limit = (struct alarm){.ring = fixture_late, .owner = f};
    f->loop.world.ops->alarm_set(&f->loop.world, &f->limit, world_now(&f->loop.world) + FIXTURE_LIMIT);
}

static inline void fixture_end(struct fixture *f)
{
    wire_close(&f->client.wire, false);
    wire_close(&f->server.wire, false);
    if (f->listener != NULL)
        listener_close(f->listener);
    f->loop.world.ops->alarm_clear(&f->loop.world, &f->limit);
    loop_free(&f->loop);
    log_target_close(f->target);
}

static inline void end_advance(void *owner)
{
    struct end *end = owner;

    end->calls++;
    end->act(end);
    wire_update(&end->wire);
    if (!end->busy && end->wire.in_flight != 0) {
        end->busy = true;
        end_advance(end); /* act() may want to know */
    }
}

static inline void end_init(struct end *end, struct fixture *f, void (*act)(struct end *end))
{
    *end = (struct end){.fixture = f, .act = act};
    wire_init(&end->wire, &f->loop.pool, end_advance, end);
}

static inline void fixture_caught(void *owner, const struct listener_catch *caught)
{
    struct fixture *f = owner;

    CHECK(caught->peer.family == 4 && caught->local.port == f->address.port);
    stream_attach(caught->stream, &f->server.wire);
    end_advance(&f->server);
}

static inline void fixture_dialled(void *owner, int status)
{
    struct fixture *f = owner;

    f->status = status;
    if (status == 0)
        end_advance(&f->client);
}

/* Makes the connection; both ends' act() are called from then on. */
static inline void fixture_connect(struct fixture *f, void (*client)(struct end *end),
                                   void (*server)(struct end *end))
{
    int fd = bind_open("127.0.0.1", 0, 8, &f->address);

    CHECK(fd >= 0);
    f->listener = listener_open(&f->loop, fd, &f->address, fixture_caught, f);
    end_init(&f->client, f, client);
    end_init(&f->server, f, server);
    f->dial = (struct dial){.wire = &f->client.wire, .done = fixture_dialled, .owner = f};
    CHECK(f->loop.world.ops->dial(&f->loop.world, &f->dial, "127.0.0.1", f->address.port, 1000) == 0);
    CHECK(f->status == 1);
}

#endif
