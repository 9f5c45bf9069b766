/* net_turn.c: tests of the turns of net/loop.c: their order, and that a crowd of them keeps no socket
 * waiting. */
#include "net_fixture.h"

#define TURNS   400
#define TURN_NS 300000 /* of work in each turn */
#define PINGS   20

struct work {
    struct turn turn;
    struct fixture *f;
    unsigned again; /* how often it takes another turn */
};

static unsigned turns_run;
static unsigned pongs;
static unsigned pongs_early; /* while turns were waiting */

static void toil(void)
{
    uint64_t end = uv_hrtime() + TURN_NS;

    while (uv_hrtime() < end)
        continue;
}

static void take(struct work *work)
{
    work->f->loop.world.ops->turn_take(&work->f->loop.world, &work->turn);
}

static void on_turn(void *owner)
{
    struct work *work = owner;

    toil();
    turns_run++;
    if (work->again > 0) {
        work->again--;
        take(work);
    }
}

static void may_stop(struct fixture *f)
{
    if (pongs == PINGS && !turns_waiting(&f->loop.turns))
        loop_stop(&f->loop);
}

/* --- a crowd of turns and a conversation -----------------------------------------------------------------
 */

static void ping(struct end *end)
{
    if (end->calls == 1)
        wire_put(&end->wire, SPAN("."));
    if (buf_len(&end->wire.in) == 0)
        return;
    buf_consume(&end->wire.in, 1);
    pongs++;
    if (turns_waiting(&end->fixture->loop.turns))
        pongs_early++;
    if (pongs < PINGS)
        wire_put(&end->wire, SPAN("."));
    may_stop(end->fixture);
}

static void pong(struct end *end)
{
    if (buf_len(&end->wire.in) == 0)
        return;
    buf_consume(&end->wire.in, 1);
    wire_put(&end->wire, SPAN("."));
}

static void on_last(void *owner)
{
    struct work *work = owner;

    turns_run++;
    may_stop(work->f);
}

/* More than 100 ms of turns; the conversation needs 20 round trips and is over long before them. */
static void test_sockets_are_served_between(void)
{
    static struct work crowd[TURNS];
    struct fixture f;
    struct work last;

    fixture_start(&f);
    fixture_connect(&f, ping, pong);
    turns_run = pongs = pongs_early = 0;
    for (size_t i = 0; i < TURNS; i++) {
        crowd[i] = (struct work){.turn = {.run = on_turn, .owner = &crowd[i]}, .f = &f};
        take(&crowd[i]);
    }
    last = (struct work){.turn = {.run = on_last, .owner = &last}, .f = &f};
    take(&last);
    CHECK(turns_run == 0);
    loop_run(&f.loop);
    CHECK(turns_run == TURNS + 1 && pongs == PINGS);
    CHECK(pongs_early == PINGS);
    fixture_end(&f);
}

/* --- order, leaving, taking again ------------------------------------------------------------------------
 */

static char order[32];

struct letter {
    struct turn turn;
    struct fixture *f;
    struct letter *leaves; /* whom it takes the turn from */
    char c;
};

static void write_letter(void *owner)
{
    struct letter *letter = owner;
    size_t len = strlen(order);

    order[len] = letter->c;
    order[len + 1] = '\0';
    if (letter->leaves != NULL)
        letter->f->loop.world.ops->turn_leave(&letter->f->loop.world, &letter->leaves->turn);
    if (letter->c == 'z')
        loop_stop(&letter->f->loop);
}

static void test_order(void)
{
    struct fixture f;
    struct letter letters[5];
    const struct world_ops *ops;

    fixture_start(&f);
    ops = f.loop.world.ops;
    for (size_t i = 0; i < 5; i++)
        letters[i] =
            (struct letter){.turn = {.run = write_letter, .owner = &letters[i]}, .f = &f, .c = "abcdz"[i]};
    letters[1].leaves = &letters[2];
    for (size_t i = 0; i < 5; i++)
        ops->turn_take(&f.loop.world, &letters[i].turn);
    ops->turn_take(&f.loop.world, &letters[0].turn); /* keeps its place */
    ops->turn_leave(&f.loop.world, &letters[3].turn);
    ops->turn_leave(&f.loop.world, &letters[3].turn);
    loop_run(&f.loop);
    CHECK_SPAN(span_str(order), SPAN("abz"));
    fixture_end(&f);
}

/* --- a loop that has turns does not sleep, one without does ----------------------------------------------
 */

static void on_alarm(void *owner)
{
    struct fixture *f = owner;

    loop_stop(&f->loop);
}

static void test_sleep(void)
{
    struct fixture f;
    struct work work;
    struct alarm alarm;
    struct timespec before, after;
    uint64_t begun;

    fixture_start(&f);
    work = (struct work){.turn = {.run = on_turn, .owner = &work}, .f = &f, .again = 20};
    turns_run = 0;
    take(&work);
    alarm = (struct alarm){.ring = on_alarm, .owner = &f};
    begun = world_now(&f.loop.world);
    f.loop.world.ops->alarm_set(&f.loop.world, &alarm, begun + 300);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    loop_run(&f.loop);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    CHECK(turns_run == 21 && world_now(&f.loop.world) - begun >= 300);
    CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 150);
    fixture_end(&f);
}

int main(void)
{
    test_sockets_are_served_between();
    test_order();
    test_sleep();
    return test_end("net_turn");
}
