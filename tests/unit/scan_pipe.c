/* Two wires joined in memory: what one says the other hears, and how either may end. */
#include "scan/pipe.h"

#include <errno.h>

#include "lab.h"
#include "test.h"

/* Takes what it gets, unless told not to. */
struct side {
    struct wire wire;
    uint64_t heard, sum;
    bool deaf;
    bool leaves; /* closes as soon as something comes */
    bool ended;
};

static void advance(void *owner)
{
    struct side *side = owner;
    struct span s = buf_data(&side->wire.in);

    if (side->leaves && s.len != 0) {
        wire_close(&side->wire, false);
        return;
    }
    if (!side->deaf) {
        for (size_t i = 0; i < s.len; i++)
            side->sum = side->sum * 31 + (unsigned char)s.ptr[i];
        side->heard += s.len;
        buf_consume(&side->wire.in, s.len);
    }
    side->ended = side->ended || side->wire.eof;
    wire_update(&side->wire);
}

static void open_side(struct side *side, struct lab *lab, struct pipe_end *end)
{
    *side = (struct side){0};
    wire_init(&side->wire, &lab->pool, advance, side);
    wire_attach(&side->wire, &pipe_ops, end);
    wire_update(&side->wire);
}

static void open_both(struct lab *lab, struct side sides[2])
{
    struct pipe_end *ends[2];

    REQUIRE(pipe_new(&lab->world, ends));
    open_side(&sides[0], lab, ends[0]);
    open_side(&sides[1], lab, ends[1]);
    lab_run(lab);
}

static void say(struct side *side, struct span s)
{
    CHECK(wire_put(&side->wire, s));
    wire_update(&side->wire);
}

/* Far more than the buffers hold, both ways at once. */
static void check_octets(struct lab *lab)
{
    struct side sides[2];
    uint64_t sums[2] = {0, 0};
    char bytes[997];

    open_both(lab, sides);
    for (unsigned n = 0; n < 500; n++) {
        for (size_t side = 0; side < 2; side++) {
            for (size_t i = 0; i < sizeof(bytes); i++) {
                bytes[i] = (char)(n + i + side);
                sums[side] = sums[side] * 31 + (unsigned char)bytes[i];
            }
            say(&sides[side], span_of(bytes, sizeof(bytes)));
        }
        if (n % 20 == 0)
            lab_run(lab);
    }
    lab_run(lab);
    for (size_t side = 0; side < 2; side++) {
        CHECK(sides[side].heard == 500 * sizeof(bytes));
        CHECK(sides[side].sum == sums[1 - side]);
        CHECK(sides[side].wire.sent == 500 * sizeof(bytes));
        wire_close(&sides[side].wire, false);
    }
    lab_run(lab);
}

/* What is not taken stays with whoever said it. */
static void check_back_pressure(struct lab *lab)
{
    static char bytes[LAB_BLOCK];
    struct side sides[2];

    open_both(lab, sides);
    sides[1].deaf = true;
    say(&sides[0], span_of(bytes, sizeof(bytes)));
    lab_run(lab);
    CHECK(wire_put_room(&sides[0].wire) == LAB_BLOCK);
    say(&sides[0], span_of(bytes, sizeof(bytes)));
    lab_run(lab);
    CHECK(wire_put_room(&sides[0].wire) == 0);
    sides[1].deaf = false;
    advance(&sides[1]);
    lab_run(lab);
    CHECK(sides[1].heard == 2 * sizeof(bytes) && sides[0].wire.in_flight == 0);
    wire_close(&sides[0].wire, false);
    wire_close(&sides[1].wire, false);
    lab_run(lab);
}

static void check_ends(struct lab *lab)
{
    struct side sides[2];

    open_both(lab, sides); /* the last words come before the end */
    say(&sides[0], SPAN("bye"));
    wire_finish(&sides[0].wire);
    wire_update(&sides[0].wire);
    lab_run(lab);
    CHECK(sides[1].heard == 3 && sides[1].ended && sides[1].wire.error == 0);
    say(&sides[1], SPAN("farewell"));
    lab_run(lab);
    CHECK(sides[0].heard == 8 && !sides[0].ended);
    wire_close(&sides[1].wire, false);
    lab_run(lab);
    CHECK(sides[0].ended && sides[0].wire.error == 0);
    say(&sides[0], SPAN("")); /* nothing */
    wire_close(&sides[0].wire, false);
    lab_run(lab);

    open_both(lab, sides); /* a reset */
    wire_close(&sides[0].wire, true);
    lab_run(lab);
    CHECK(sides[1].ended && sides[1].wire.error == -ECONNRESET);
    wire_close(&sides[1].wire, true);

    open_both(lab, sides); /* to one that has left, and one that leaves upon a word */
    wire_close(&sides[0].wire, false);
    say(&sides[1], SPAN("hello?"));
    lab_run(lab);
    CHECK(sides[1].wire.error == -EPIPE);
    wire_close(&sides[1].wire, false);
    open_both(lab, sides);
    sides[0].leaves = sides[1].leaves = true;
    say(&sides[0], SPAN("go"));
    say(&sides[1], SPAN("go"));
    lab_run(lab);
    CHECK(!wire_open(&sides[0].wire) || !wire_open(&sides[1].wire));
    wire_close(&sides[0].wire, false);
    wire_close(&sides[1].wire, false);
    lab_run(lab);
}

static void check_abandoned(struct lab *lab)
{
    struct pipe_end *ends[2];

    REQUIRE(pipe_new(&lab->world, ends));
    pipe_abandon(ends[0]);
    pipe_abandon(ends[1]);
    lab_run(lab);
}

int main(void)
{
    struct lab lab;

    lab_init(&lab, 1);
    check_octets(&lab);
    check_back_pressure(&lab);
    check_ends(&lab);
    check_abandoned(&lab);
    lab_free(&lab);
    return test_end("scan_pipe");
}
