/* base_wire.c: tests of a byte stream over a carrier in memory that takes any part of a write, now or later.
 */
#include "base/wire.h"

#include <errno.h>

#include "base/text.h"
#include "test.h"

enum { BLOCK = 256 };

static struct pool pool;

/* Takes at most `takes` octets of a write at once; the rest when finish_write() says so. */
struct carrier {
    struct wire wire;
    size_t takes;
    long write_error;
    struct span pinned;
    char bytes[100000];
    struct text arrived;
    unsigned writes, advances, finishes, closes;
    bool reading, aborted;
};

static long carrier_write(struct wire *wire, struct span s)
{
    struct carrier *carrier = wire->carrier;
    size_t n = s.len < carrier->takes ? s.len : carrier->takes;

    CHECK(carrier->pinned.len == 0);
    carrier->writes++;
    if (carrier->write_error != 0)
        return carrier->write_error;
    text_add(&carrier->arrived, span_first(s, n));
    carrier->pinned = span_skip(s, n);
    return (long)n;
}

static void carrier_read(struct wire *wire, bool on)
{
    struct carrier *carrier = wire->carrier;

    CHECK(on != carrier->reading); /* told of changes only */
    carrier->reading = on;
}

static void carrier_finish(struct wire *wire)
{
    struct carrier *carrier = wire->carrier;

    carrier->finishes++;
}

static void carrier_close(struct wire *wire, bool abort_it)
{
    struct carrier *carrier = wire->carrier;

    carrier->closes++;
    carrier->aborted = abort_it;
    carrier->reading = false;
    carrier->pinned = span_of(NULL, 0);
}

static const struct wire_ops OPS = {carrier_write, carrier_read, carrier_finish, carrier_close};

static void advance(void *owner)
{
    struct carrier *carrier = owner;

    carrier->advances++;
}

static void carrier_open(struct carrier *carrier, size_t takes)
{
    memset(carrier, 0, sizeof(*carrier));
    carrier->takes = takes;
    carrier->arrived = TEXT(carrier->bytes);
    wire_init(&carrier->wire, &pool, advance, carrier);
    CHECK(!wire_open(&carrier->wire));
    wire_attach(&carrier->wire, &OPS, carrier);
    CHECK(wire_open(&carrier->wire) && wire_alive(&carrier->wire));
}

/* The pinned octets are read only now, as a kernel would. */
static void finish_write(struct carrier *carrier, int error)
{
    if (error == 0)
        text_add(&carrier->arrived, carrier->pinned);
    carrier->pinned = span_of(NULL, 0);
    wire_sent(&carrier->wire, error);
}

static void deliver(struct carrier *carrier, struct span s)
{
    size_t room;
    char *space = wire_space(&carrier->wire, &room);

    REQUIRE(carrier->reading && space != NULL && s.len <= room);
    memcpy(space, s.ptr, s.len);
    wire_received(&carrier->wire, s.len);
}

static void carrier_end(struct carrier *carrier)
{
    wire_close(&carrier->wire, false);
    CHECK(!wire_open(&carrier->wire));
    CHECK(pool.leased == 0);
}

/* Every octet arrives once and in order, whatever part of each write is taken at once. */
static void test_partial_writes(void)
{
    for (size_t takes = 0; takes <= 12; takes++) {
        struct carrier carrier;
        unsigned put = 0;

        carrier_open(&carrier, takes);
        for (unsigned round = 0; round < 500; round++) {
            char piece[7];

            for (size_t k = 0; k < sizeof(piece); k++)
                piece[k] = (char)(put + k);
            if (wire_put(&carrier.wire, span_of(piece, sizeof(piece))))
                put += sizeof(piece);
            wire_update(&carrier.wire);
            CHECK(carrier.wire.in_flight == carrier.pinned.len);
            if (round % 3 == 2 && carrier.pinned.len != 0)
                finish_write(&carrier, 0);
        }
        while (buf_len(&carrier.wire.out) != 0) {
            if (carrier.pinned.len != 0)
                finish_write(&carrier, 0);
            wire_update(&carrier.wire);
        }
        CHECK(put > 1000 && carrier.arrived.len == put && carrier.wire.sent == put);
        for (unsigned i = 0; i < put; i++)
            CHECK(carrier.bytes[i] == (char)i);
        carrier_end(&carrier);
    }
}

static void test_put_room(void)
{
    struct carrier carrier;
    char bytes[BLOCK];

    memset(bytes, 'x', sizeof(bytes));
    carrier_open(&carrier, 100);
    CHECK(wire_put_room(&carrier.wire) == BLOCK);
    CHECK(wire_put(&carrier.wire, span_of(bytes, BLOCK)));
    CHECK(!wire_put(&carrier.wire, SPAN("y")));
    wire_update(&carrier.wire);
    CHECK(carrier.wire.in_flight == BLOCK - 100);
    CHECK(wire_put_room(&carrier.wire) == 0); /* what is pinned is not moved to make room */
    CHECK(!wire_put(&carrier.wire, SPAN("y")));
    finish_write(&carrier, 0);
    CHECK(wire_put_room(&carrier.wire) == BLOCK && pool.leased == 0);
    carrier_end(&carrier);
}

/* Reading follows from room, eof, error and pause; an idle wire owns no block. */
static void test_reading(void)
{
    struct carrier carrier;
    size_t room;

    carrier_open(&carrier, 100);
    CHECK(!carrier.reading);
    wire_update(&carrier.wire);
    CHECK(carrier.reading && pool.leased == 0);
    deliver(&carrier, SPAN("hello"));
    CHECK(carrier.advances == 1 && carrier.wire.received == 5);
    CHECK_SPAN(buf_data(&carrier.wire.in), SPAN("hello"));
    CHECK(wire_space(&carrier.wire, &room) != NULL);
    wire_received(&carrier.wire, 0);
    CHECK(carrier.advances == 1);

    carrier.wire.paused = true;
    wire_update(&carrier.wire);
    CHECK(!carrier.reading);
    carrier.wire.paused = false;
    wire_update(&carrier.wire);
    CHECK(carrier.reading);

    while (wire_space(&carrier.wire, &room) != NULL)
        wire_received(&carrier.wire, room);
    wire_update(&carrier.wire);
    CHECK(!carrier.reading && buf_len(&carrier.wire.in) == BLOCK);
    buf_consume(&carrier.wire.in, 1);
    wire_update(&carrier.wire);
    CHECK(carrier.reading);
    buf_consume(&carrier.wire.in, BLOCK - 1);
    CHECK(pool.leased == 0);
    CHECK(wire_space(&carrier.wire, &room) != NULL && pool.leased == 1);
    wire_received(&carrier.wire, 0);
    CHECK(pool.leased == 0);

    wire_ended(&carrier.wire, 0);
    CHECK(!wire_alive(&carrier.wire) && carrier.wire.error == 0 && carrier.wire.eof);
    wire_update(&carrier.wire);
    CHECK(!carrier.reading);
    carrier_end(&carrier);
}

/* FIN goes behind the last octet, once. */
static void test_finish(void)
{
    struct carrier carrier;

    carrier_open(&carrier, 3);
    CHECK(wire_put(&carrier.wire, SPAN("goodbye")));
    wire_finish(&carrier.wire);
    wire_update(&carrier.wire);
    CHECK(carrier.finishes == 0);
    finish_write(&carrier, 0);
    wire_update(&carrier.wire);
    wire_update(&carrier.wire);
    CHECK(carrier.finishes == 1);
    CHECK_SPAN(text_span(&carrier.arrived), SPAN("goodbye"));
    carrier_end(&carrier);
    CHECK(carrier.closes == 1 && !carrier.aborted);
    wire_close(&carrier.wire, true);
    CHECK(carrier.closes == 1);
}

/* A write that fails at once is seen by the one who asked; one that fails later advances the owner. */
static void test_write_fails(void)
{
    struct carrier carrier;

    carrier_open(&carrier, 3);
    carrier.write_error = -EPIPE;
    CHECK(wire_put(&carrier.wire, SPAN("abc")));
    wire_update(&carrier.wire);
    CHECK(carrier.wire.error == -EPIPE && !wire_alive(&carrier.wire) && pool.leased == 0);
    CHECK(carrier.advances == 0 && !carrier.reading);
    wire_finish(&carrier.wire);
    CHECK(wire_put(&carrier.wire, SPAN("abc")));
    wire_update(&carrier.wire);
    CHECK(carrier.writes == 1 && carrier.finishes == 0);
    carrier_end(&carrier);

    carrier_open(&carrier, 1);
    CHECK(wire_put(&carrier.wire, SPAN("abc")));
    wire_update(&carrier.wire);
    finish_write(&carrier, -ECONNRESET);
    CHECK(carrier.advances == 1 && carrier.wire.error == -ECONNRESET && carrier.wire.sent == 1);
    CHECK(pool.leased == 0);
    carrier_end(&carrier);
}

/* A stream that fails while a write is under way keeps the block until the carrier has let go of it. */
static void test_fails_while_pinned(void)
{
    struct carrier carrier;

    carrier_open(&carrier, 1);
    CHECK(wire_put(&carrier.wire, SPAN("secret")));
    wire_update(&carrier.wire);
    wire_ended(&carrier.wire, -ECONNRESET);
    CHECK(carrier.wire.error == -ECONNRESET && carrier.advances == 1);
    CHECK(pool.leased == 1);
    CHECK_SPAN(carrier.pinned, SPAN("ecret"));
    wire_update(&carrier.wire);
    finish_write(&carrier, -ECANCELED);
    CHECK(pool.leased == 0 && carrier.wire.error == -ECONNRESET && carrier.advances == 2);
    carrier_end(&carrier);

    carrier_open(&carrier, 1);
    CHECK(wire_put(&carrier.wire, SPAN("secret")));
    wire_update(&carrier.wire);
    wire_ended(&carrier.wire, -ECONNRESET);
    carrier_end(&carrier);
    CHECK(carrier.closes == 1);
}

/* A wire closed after any end is as new when it is attached again. */
static void test_attach_again(void)
{
    struct carrier carrier;

    carrier_open(&carrier, 100);
    wire_update(&carrier.wire);
    wire_finish(&carrier.wire);
    wire_update(&carrier.wire);
    wire_ended(&carrier.wire, -ECONNRESET);
    wire_close(&carrier.wire, true);
    CHECK(carrier.aborted);
    wire_attach(&carrier.wire, &OPS, &carrier);
    CHECK(wire_alive(&carrier.wire));
    CHECK(wire_put(&carrier.wire, SPAN("again")));
    wire_update(&carrier.wire);
    CHECK(carrier.reading && carrier.finishes == 1);
    CHECK_SPAN(text_span(&carrier.arrived), SPAN("again"));
    carrier_end(&carrier);
}

int main(void)
{
    pool_init(&pool, BLOCK, 4);
    test_partial_writes();
    test_put_room();
    test_reading();
    test_finish();
    test_write_fails();
    test_fails_while_pinned();
    test_attach_again();
    pool_free(&pool);
    return test_end("base_wire");
}
