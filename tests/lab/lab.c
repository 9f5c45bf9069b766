/* lab.c: the clock, the alarms, the turns, chance and the log of a world in memory; connections are left to
 * lab_pipe.c and lab_dial.c, names to lab_name.c, files to lab_spool.c. */
#include "lab.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define WALL_START UINT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define STEPS_MAX  50000000                /* more without time passing is a loop without end */

struct lab_alarm {
    TAILQ_ENTRY(lab_alarm) link;
    struct alarm *alarm;
    uint64_t at;
    bool set;
};

void lab_bytes_add(struct lab_bytes *bytes, struct span s)
{
    size_t size = bytes->size != 0 ? bytes->size : 256;

    if (s.len == 0)
        return;
    while (size < bytes->len + s.len)
        size *= 2;
    if (size != bytes->size) {
        bytes->ptr = realloc(bytes->ptr, size);
        assert(bytes->ptr != NULL);
        bytes->size = size;
    }
    memcpy(bytes->ptr + bytes->len, s.ptr, s.len);
    bytes->len += s.len;
}

void lab_bytes_free(struct lab_bytes *bytes)
{
    free(bytes->ptr);
    *bytes = (struct lab_bytes){0};
}

static struct lab *lab_of(struct world *world)
{
    return (struct lab *)world;
}

static uint64_t now(struct world *world)
{
    return lab_of(world)->now;
}

static uint64_t wall(struct world *world)
{
    return WALL_START + lab_of(world)->now;
}

static uint64_t log_wall(void *arg)
{
    return wall(arg);
}

static void log_write(void *arg, enum log_level level, struct span line)
{
    struct lab *lab = arg;

    (void)level;
    lab_bytes_add(&lab->lines, line);
}

/* splitmix64 */
uint64_t lab_random(struct lab *lab)
{
    uint64_t z = lab->chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void chance(struct world *world, void *bytes, size_t len)
{
    unsigned char *to = bytes;

    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)lab_random(lab_of(world));
}

static bool alarm_set(struct world *world, struct alarm *alarm, uint64_t at)
{
    struct lab_alarm *set = alarm->handle;

    if (set == NULL) {
        set = mem_alloc(sizeof(*set));
        if (set == NULL)
            return false;
        set->alarm = alarm;
        alarm->handle = set;
        TAILQ_INSERT_TAIL(&lab_of(world)->alarms, set, link);
    }
    set->at = at;
    set->set = true;
    return true;
}

static void alarm_clear(struct world *world, struct alarm *alarm)
{
    struct lab_alarm *set = alarm->handle;

    if (set == NULL)
        return;
    alarm->handle = NULL;
    TAILQ_REMOVE(&lab_of(world)->alarms, set, link);
    mem_free(set);
}

static void turn_take(struct world *world, struct turn *turn)
{
    turns_take(&lab_of(world)->turns, turn);
}

static void turn_leave(struct world *world, struct turn *turn)
{
    turns_leave(&lab_of(world)->turns, turn);
}

static void bell_ring(struct world *world, struct bell *bell)
{
    (void)bells_ring(&lab_of(world)->bells, bell);
}

static void bell_leave(struct world *world, struct bell *bell)
{
    bells_leave(&lab_of(world)->bells, bell);
}

/* The alarm that is to ring first, or NULL; of two at one time the older. */
static struct lab_alarm *first_alarm(struct lab *lab)
{
    struct lab_alarm *first = NULL, *set;

    TAILQ_FOREACH(set, &lab->alarms, link)
    if (set->set && (first == NULL || set->at < first->at))
        first = set;
    return first;
}

static bool ring(struct lab *lab)
{
    struct lab_alarm *first = first_alarm(lab);

    if (first == NULL || first->at > lab->now)
        return false;
    first->set = false;
    first->alarm->ring(first->alarm->owner);
    return true;
}

static const struct world_ops ops = {
    .now = now,
    .wall = wall,
    .chance = chance,
    .alarm_set = alarm_set,
    .alarm_clear = alarm_clear,
    .turn_take = turn_take,
    .turn_leave = turn_leave,
    .bell_ring = bell_ring,
    .bell_leave = bell_leave,
    .dial = lab_dial_begin,
    .dial_cancel = lab_dial_cancel,
    .name_find = lab_name_find,
    .name_cancel = lab_name_cancel,
    .spool_open = lab_spool_open,
    .spool_write = lab_spool_write,
    .spool_read = lab_spool_read,
    .spool_close = lab_spool_close,
    .keep_begin = lab_keep_begin,
    .keep_cancel = lab_keep_cancel,
};

void lab_init(struct lab *lab, uint64_t seed)
{
    int error;

    *lab = (struct lab){.now = 1000, .chance = seed, .disk = UINT64_MAX};
    pool_init(&lab->pool, LAB_BLOCK, 16);
    lab->log = (struct log){LOG_LEVEL_INFO, LOG_FORMAT_KV, log_write, log_wall, lab};
    lab->world = (struct world){&ops, &lab->pool, &lab->log};
    TAILQ_INIT(&lab->pipes);
    TAILQ_INIT(&lab->dials);
    TAILQ_INIT(&lab->alarms);
    TAILQ_INIT(&lab->names);
    TAILQ_INIT(&lab->namings);
    TAILQ_INIT(&lab->keeps);
    turns_init(&lab->turns);
    error = bells_init(&lab->bells);
    assert(error == 0);
    (void)error;
}

void lab_free(struct lab *lab)
{
    struct lab_pipe *pipe;

    while ((pipe = TAILQ_FIRST(&lab->pipes)) != NULL)
        lab_pipe_free(pipe);
    assert(TAILQ_EMPTY(&lab->alarms));
    assert(TAILQ_EMPTY(&lab->dials));
    assert(TAILQ_EMPTY(&lab->namings));
    assert(!turns_waiting(&lab->turns));
    assert(lab->files == 0);
    bells_free(&lab->bells);
    assert(lab->pool.leased == 0);
    pool_free(&lab->pool);
    lab_names_free(lab);
    lab_keeps_free(lab);
    lab_bytes_free(&lab->lines);
}

/* With `shuffle` the pipe to begin with is drawn; otherwise the oldest comes first. */
static bool step_pipes(struct lab *lab)
{
    struct lab_pipe *pipe, *start = TAILQ_FIRST(&lab->pipes);
    size_t count = 0, skip;

    TAILQ_FOREACH(pipe, &lab->pipes, link)
    count++;
    skip = lab->shuffle && count != 0 ? (size_t)(lab_random(lab) % count) : 0;
    while (skip-- != 0)
        start = TAILQ_NEXT(start, link);
    pipe = start;
    for (size_t i = 0; i < count; i++) {
        struct lab_pipe *next = TAILQ_NEXT(pipe, link);
        if (lab_pipe_step(pipe))
            return true;
        pipe = next != NULL ? next : TAILQ_FIRST(&lab->pipes);
    }
    return false;
}

/* Turns come when nothing is left to be read; with `shuffle` sometimes earlier. */
bool lab_step(struct lab *lab)
{
    bool early = lab->shuffle && turns_waiting(&lab->turns) && lab_random(lab) % 2 == 0;

    return (early && turns_run_one(&lab->turns)) || lab_dial_step(lab) || lab_name_step(lab) ||
           step_pipes(lab) || lab_keep_step(lab) || bells_run_one(&lab->bells) ||
           turns_run_one(&lab->turns) || ring(lab);
}

void lab_run(struct lab *lab)
{
    unsigned steps = 0;

    while (lab_step(lab)) {
        steps++;
        assert(steps < STEPS_MAX);
    }
}

uint64_t lab_due(struct lab *lab)
{
    const struct lab_alarm *first = first_alarm(lab);
    const struct lab_dial *dial;
    uint64_t at = lab_name_due(lab);

    if (first != NULL && first->at < at)
        at = first->at;
    TAILQ_FOREACH(dial, &lab->dials, link)
    if (dial->until < at)
        at = dial->until;
    return at;
}

void lab_pass(struct lab *lab, uint64_t ms)
{
    uint64_t until = lab->now + ms;

    lab_run(lab);
    for (;;) {
        uint64_t due = lab_due(lab), at = due < until ? due : until;
        if (at > lab->now)
            lab->now = at;
        lab_run(lab);
        if (lab->now == until)
            return;
    }
}
