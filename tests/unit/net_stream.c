/* net_stream.c: tests of net/stream.c and net/listener.c over a real loopback connection. */
#include "net_fixture.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/mem.h"

#define OCTETS (1u << 20)

static char pattern(uint64_t at)
{
    return (char)(at * 31 + at / 251);
}

/* Small kernel buffers make the socket take less than it is given. */
static void squeeze(struct end *end)
{
    const int size = 4096;
    uv_os_fd_t fd;

    CHECK(uv_fileno(end->wire.carrier, &fd) == 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
}

static void take_pattern(struct end *end)
{
    struct span got = buf_data(&end->wire.in);
    bool same = true;

    for (size_t i = 0; i < got.len; i++)
        same = same && got.ptr[i] == pattern(end->taken + i);
    CHECK(same);
    end->taken += got.len;
    buf_consume(&end->wire.in, got.len);
}

static void idle(struct end *end)
{
    (void)end;
}

static void stop(struct end *end)
{
    loop_stop(&end->fixture->loop);
}

/* --- echo ------------------------------------------------------------------------------------------------
 */

static uint64_t offered;

static void offer_and_compare(struct end *end)
{
    char piece[5000];

    if (end->calls == 1)
        squeeze(end);
    while (offered < OCTETS && wire_put_room(&end->wire) >= sizeof(piece)) {
        size_t n = OCTETS - offered < sizeof(piece) ? OCTETS - (size_t)offered : sizeof(piece);
        for (size_t i = 0; i < n; i++)
            piece[i] = pattern(offered + i);
        CHECK(wire_put(&end->wire, span_of(piece, n)));
        offered += n;
        wire_update(&end->wire); /* what leaves at once is not reported */
    }
    if (offered == OCTETS)
        wire_finish(&end->wire);
    end->wire.paused = !end->busy; /* until neither side gets anything away */
    take_pattern(end);
    if (end->wire.eof)
        stop(end);
}

static void echo(struct end *end)
{
    struct span got = span_first(buf_data(&end->wire.in), wire_put_room(&end->wire));

    if (end->calls == 1)
        squeeze(end);
    CHECK(wire_put(&end->wire, got));
    buf_consume(&end->wire.in, got.len);
    if (end->wire.eof && buf_len(&end->wire.in) == 0)
        wire_finish(&end->wire);
}

static void test_echo(void)
{
    struct fixture f;

    offered = 0;
    fixture_start(&f);
    fixture_connect(&f, offer_and_compare, echo);
    loop_run(&f.loop);
    CHECK(f.status == 0 && f.client.taken == OCTETS);
    CHECK(f.client.wire.sent == OCTETS && f.server.wire.received == OCTETS && f.client.wire.error == 0);
    CHECK(f.client.busy && f.server.busy);
    CHECK(f.dial.peer.port == f.address.port && f.dial.handle == NULL);
    fixture_end(&f);
}

/* --- half close: what the server says after the client's end still arrives --------------------------------
 */

static void say_and_finish(struct end *end)
{
    if (end->calls == 1) {
        wire_put(&end->wire, SPAN("QUIT\r\n"));
        wire_finish(&end->wire);
    }
    if (end->wire.eof) {
        CHECK_SPAN(buf_data(&end->wire.in), SPAN("221\r\n"));
        stop(end);
    }
}

static void answer_at_end(struct end *end)
{
    if (!end->wire.eof)
        return;
    CHECK_SPAN(buf_data(&end->wire.in), SPAN("QUIT\r\n"));
    wire_put(&end->wire, SPAN("221\r\n"));
    wire_finish(&end->wire);
}

static void test_half_close(void)
{
    struct fixture f;

    fixture_start(&f);
    fixture_connect(&f, say_and_finish, answer_at_end);
    loop_run(&f.loop);
    fixture_end(&f);
}

/* --- the owner closes inside a callback ------------------------------------------------------------------
 */

static bool abortive;

static void say(struct end *end)
{
    if (end->calls == 1)
        wire_put(&end->wire, SPAN("EHLO a\r\n"));
    if (end->wire.eof)
        stop(end);
}

static void close_at_bytes(struct end *end)
{
    if (buf_len(&end->wire.in) == 0)
        return;
    wire_close(&end->wire, abortive);
    end->calls = 100;
}

static void test_close_inside(bool abort)
{
    struct fixture f;

    abortive = abort;
    fixture_start(&f);
    fixture_connect(&f, say, close_at_bytes);
    loop_run(&f.loop);
    CHECK(f.server.calls == 100);
    CHECK(f.client.wire.error == (abort ? -ECONNRESET : 0));
    CHECK(f.loop.pool.leased == 0);
    fixture_end(&f);
}

/* --- a write in flight when the wire is closed ------------------------------------------------------------
 */

static void deaf(struct end *end)
{
    end->wire.paused = true;
}

static void flood(struct end *end)
{
    static const char zeros[8192];

    squeeze(end);
    for (int i = 0; i < 10000 && end->wire.in_flight == 0; i++) {
        CHECK(wire_put(&end->wire, span_of(zeros, sizeof(zeros))));
        wire_update(&end->wire);
    }
}

static void on_tick(void *owner)
{
    struct end *end = owner;

    CHECK(end->wire.in_flight != 0);
    wire_close(&end->wire, false);
    end->calls = 0;
    stop(end);
}

static void test_close_in_flight(void)
{
    struct fixture f;
    struct alarm tick = {.ring = on_tick, .owner = &f.server};

    fixture_start(&f);
    fixture_connect(&f, deaf, flood);
    alarms_set(&f.loop.alarms, &tick, world_now(&f.loop.world) + 200);
    loop_run(&f.loop);
    CHECK(f.client.taken == 0 && f.client.wire.received == 0);
    fixture_end(&f);
    CHECK(f.server.calls == 0); /* silence after the close */
}

/* --- no memory for the arriving bytes ---------------------------------------------------------------------
 */

static bool no_blocks(void *arg, size_t size)
{
    const struct end *talker = arg;

    return size != LOOP_BLOCK_OCTETS || talker->wire.sent == 0;
}

static void starve(struct end *end)
{
    if (end->wire.eof)
        stop(end);
}

static void say_early(struct end *end)
{
    if (end->calls == 1)
        wire_put(&end->wire, SPAN("NOOP\r\n"));
}

static void test_no_memory(void)
{
    struct fixture f;

    fixture_start(&f);
    f.loop.pool.stock_max = 0;
    fixture_connect(&f, say_early, starve);
    mem_set_gate(no_blocks, &f.client);
    loop_run(&f.loop);
    mem_set_gate(NULL, NULL);
    CHECK(f.server.wire.error == -ENOMEM);
    fixture_end(&f);
}

/* --- the listener when descriptors run out -----------------------------------------------------------------
 */

static void test_descriptors_short(void)
{
    const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
    struct fixture f;
    int held[64];
    int n = 0;

    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    fixture_start(&f);
    fixture_connect(&f, idle, stop);
    /* The dial holds its socket already: everything else is taken away for a while. */
    while (n < 64 && (held[n] = dup(0)) >= 0)
        n++;
    uv_run(&f.loop.uv, UV_RUN_NOWAIT);
    uv_run(&f.loop.uv, UV_RUN_NOWAIT);
    uv_run(&f.loop.uv, UV_RUN_NOWAIT);
    CHECK(!wire_open(&f.server.wire));
    while (n > 0)
        close(held[--n]);
    loop_run(&f.loop);
    CHECK(wire_open(&f.server.wire));
    fixture_end(&f);
}

int main(void)
{
    test_echo();
    test_half_close();
    test_close_inside(false);
    test_close_inside(true);
    test_close_in_flight();
    test_no_memory();
    test_descriptors_short();
    return test_end("net_stream");
}
