/* Tests filters/libmilter/team.c: every job runs once, on no more threads than the limit, in order on one. */
#include "filters/libmilter/team.h"

#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

#define JOBS 500

static struct task {
    struct job job;
    int number;
} tasks[JOBS];
static atomic_int runs, running, most, last, disorder;

static void count(struct job *job)
{
    int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most);

    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        continue;
    if (((struct task *)job)->number < atomic_exchange(&last, ((struct task *)job)->number))
        atomic_fetch_add(&disorder, 1);
    (void)usleep(100);
    atomic_fetch_add(&runs, 1);
    atomic_fetch_sub(&running, 1);
}

static void test_limit(unsigned limit)
{
    struct team team;

    REQUIRE(team_init(&team, limit) == 0);
    runs = most = last = disorder = 0;
    for (int i = 0; i < JOBS; i++) {
        tasks[i] = (struct task){{NULL, count}, i};
        CHECK(team_give(&team, &tasks[i].job));
    }
    CHECK(team_end(&team, 20000));
    CHECK(runs == JOBS && most >= 1 && (unsigned)most <= limit);
    CHECK(limit != 1 || disorder == 0);
}

static void linger(struct job *job)
{
    (void)job;
    (void)usleep(300000);
    atomic_fetch_add(&runs, 1);
}

static void test_unwilling(void)
{
    static struct team team;
    struct task task = {{NULL, linger}, 0};

    REQUIRE(team_init(&team, 4) == 0);
    runs = 0;
    CHECK(!team_spare(&team));
    CHECK(team_give(&team, &task.job));
    CHECK(!team_end(&team, 10));
    CHECK(runs == 0);
    CHECK(team_end(&team, 20000));
    CHECK(runs == 1);
}

int main(void)
{
    test_limit(1);
    test_limit(3);
    test_limit(64);
    test_unwilling();
    return test_end("libmilter_team");
}
