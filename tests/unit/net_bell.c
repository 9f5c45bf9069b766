/* net_bell.c: tests of the bells of net/loop.c, rung by other threads: every ring is heard, several at once
 * need be heard once only, and what is left is not heard. */
#include <pthread.h>
#include <stdatomic.h>

#include "net_fixture.h"

#define BELLS 4
#define RINGS 5000

/* A thread counts up and rings; the loop looks how far it has come. */
struct ringer {
    struct fixture *f;
    struct bell bell;
    pthread_t thread;
    atomic_uint done;
    unsigned seen, calls;
};

static struct ringer ringers[BELLS];

static void on_bell(void *owner)
{
    struct ringer *ringer = owner;
    bool all = true;

    ringer->calls++;
    ringer->seen = atomic_load(&ringer->done);
    for (size_t i = 0; i < BELLS; i++)
        all = all && ringers[i].seen == RINGS;
    if (all)
        loop_stop(&ringer->f->loop);
}

static void *ring(void *arg)
{
    struct ringer *ringer = arg;
    struct world *world = &ringer->f->loop.world;

    for (unsigned i = 0; i < RINGS; i++) {
        atomic_fetch_add(&ringer->done, 1);
        world->ops->bell_ring(world, &ringer->bell);
    }
    return NULL;
}

static void test_threads(void)
{
    struct fixture f;

    fixture_start(&f);
    for (size_t i = 0; i < BELLS; i++) {
        ringers[i] = (struct ringer){.f = &f, .bell = {.run = on_bell, .owner = &ringers[i]}};
        REQUIRE(pthread_create(&ringers[i].thread, NULL, ring, &ringers[i]) == 0);
    }
    loop_run(&f.loop);
    for (size_t i = 0; i < BELLS; i++) {
        (void)pthread_join(ringers[i].thread, NULL);
        CHECK(ringers[i].seen == RINGS && ringers[i].calls >= 1 && ringers[i].calls <= RINGS);
        f.loop.world.ops->bell_leave(&f.loop.world, &ringers[i].bell);
    }
    fixture_end(&f);
}

static void stop(void *owner)
{
    loop_stop(&((struct fixture *)owner)->loop);
}

static void count(void *owner)
{
    ++*(unsigned *)owner;
}

static void test_left(void)
{
    unsigned twice = 0, left = 0;
    struct bell bells[] = {{.run = count, .owner = &twice}, {.run = count, .owner = &left}, {.run = stop}};
    struct world *world;
    struct fixture f;

    fixture_start(&f);
    world = &f.loop.world;
    bells[2].owner = &f;
    for (size_t i = 0; i < 3; i++)
        world->ops->bell_ring(world, &bells[i]);
    world->ops->bell_ring(world, &bells[0]);
    CHECK(twice == 0);
    world->ops->bell_leave(world, &bells[1]);
    world->ops->bell_leave(world, &bells[1]);
    loop_run(&f.loop);
    CHECK(twice == 1 && left == 0);
    fixture_end(&f);
}

int main(void)
{
    test_threads();
    test_left();
    return test_end("net_bell");
}
