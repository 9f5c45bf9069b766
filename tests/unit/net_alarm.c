/* net_alarm.c: tests of net/alarm.c: order, moving either way, clearing, ringing again, against a plain
 * model.
 */
#include "net_fixture.h"

#define MANY 500

struct chime {
    struct alarm alarm;
    struct fixture *f;
    uint64_t at; /* 0: not set */
    unsigned rings;
};

static uint64_t latest;
static unsigned outstanding;

static void on_ring(void *owner)
{
    struct chime *bell = owner;
    uint64_t now = world_now(&bell->f->loop.world);

    CHECK(bell->alarm.handle == NULL && bell->at != 0);
    CHECK(now >= bell->at);
    bell->rings++;
    latest = bell->at > latest ? bell->at : latest;
    if (--outstanding == 0)
        loop_stop(&bell->f->loop);
}

static void set(struct chime *bell, uint64_t after)
{
    struct world *world = &bell->f->loop.world;

    bell->at = world_now(world) + after;
    CHECK(world->ops->alarm_set(world, &bell->alarm, bell->at));
}

/* Every alarm is set, many are moved forward and back, some are cleared: the rest ring once, none early. */
static void test_many(void)
{
    static struct chime bells[MANY];
    struct fixture f;
    unsigned cleared = 0;

    fixture_start(&f);
    srand(7);
    for (size_t i = 0; i < MANY; i++) {
        bells[i] = (struct chime){.alarm = {.ring = on_ring, .owner = &bells[i]}, .f = &f};
        set(&bells[i], 1 + (uint64_t)(rand() % 200));
    }
    for (int i = 0; i < 2 * MANY; i++)
        set(&bells[rand() % MANY], 1 + (uint64_t)(rand() % 200));
    for (size_t i = 0; i < MANY; i += 7, cleared++) {
        f.loop.world.ops->alarm_clear(&f.loop.world, &bells[i].alarm);
        CHECK(bells[i].alarm.handle == NULL);
        bells[i].at = 0;
    }
    outstanding = MANY - cleared;
    loop_run(&f.loop);
    for (size_t i = 0; i < MANY; i++)
        CHECK(bells[i].rings == (i % 7 == 0 ? 0 : 1));
    fixture_end(&f);
}

static unsigned repeats;

static void on_repeat(void *owner)
{
    struct chime *bell = owner;

    if (++repeats == 5)
        loop_stop(&bell->f->loop);
    else
        set(bell, 0); /* due at once: rings again, but lets the loop go round */
}

static void test_again_and_clear_other(void)
{
    struct fixture f;
    struct chime again, never;

    fixture_start(&f);
    again = (struct chime){.alarm = {.ring = on_repeat, .owner = &again}, .f = &f};
    never = (struct chime){.alarm = {.ring = on_ring, .owner = &never}, .f = &f};
    set(&again, 1);
    set(&never, 10000);
    repeats = 0;
    loop_run(&f.loop);
    CHECK(repeats == 5 && never.rings == 0);
    f.loop.world.ops->alarm_clear(&f.loop.world, &never.alarm);
    f.loop.world.ops->alarm_clear(&f.loop.world, &never.alarm);
    fixture_end(&f);
}

/* A deadline pushed forward keeps its place in the heap, yet rings at the new time only. */
static void test_pushed_forward(void)
{
    struct fixture f;
    struct chime bell;
    uint64_t begun;

    fixture_start(&f);
    bell = (struct chime){.alarm = {.ring = on_ring, .owner = &bell}, .f = &f};
    begun = world_now(&f.loop.world);
    set(&bell, 20);
    set(&bell, 150);
    outstanding = 1;
    loop_run(&f.loop);
    CHECK(bell.rings == 1 && world_now(&f.loop.world) - begun >= 150);
    set(&bell, 5000);
    set(&bell, 30); /* and back */
    outstanding = 1;
    begun = world_now(&f.loop.world);
    loop_run(&f.loop);
    CHECK(bell.rings == 2 && world_now(&f.loop.world) - begun < 3000);
    fixture_end(&f);
}

int main(void)
{
    test_many();
    test_again_and_clear_other();
    test_pushed_forward();
    return test_end("net_alarm");
}
