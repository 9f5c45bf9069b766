/* loop.c: one event loop and all that hangs on it; threads are left to worker.c. */
#include "net/loop.h"

#include <assert.h>
#include <sys/random.h>

#include "net/dial.h"
#include "net/naming.h"
#include "net/spool.h"

static uint64_t loop_now(struct world *world)
{
    return uv_now(&loop_of(world)->uv);
}

static uint64_t loop_wall(struct world *world)
{
    return world->log->wall(world->log->arg);
}

static void refill(struct loop *loop)
{
    size_t filled = 0;

    while (filled < LOOP_CHANCE) {
        ssize_t n = getrandom(loop->chance + filled, LOOP_CHANCE - filled, 0);
        if (n > 0)
            filled += (size_t)n;
    }
    loop->chance_left = LOOP_CHANCE;
}

/* Sessions need a few octets each: one system call serves many of them. */
static void loop_chance(struct world *world, void *bytes, size_t len)
{
    struct loop *loop = loop_of(world);
    unsigned char *to = bytes;

    while (len > 0) {
        if (loop->chance_left == 0)
            refill(loop);
        loop->chance_left--;
        *to++ = loop->chance[loop->chance_left];
        loop->chance[loop->chance_left] = 0;
        len--;
    }
}

static bool loop_alarm_set(struct world *world, struct alarm *alarm, uint64_t at)
{
    return alarms_set(&loop_of(world)->alarms, alarm, at);
}

static void loop_alarm_clear(struct world *world, struct alarm *alarm)
{
    alarms_clear(&loop_of(world)->alarms, alarm);
}

/* Before each look at the sockets, so that a crowd of turns keeps nobody waiting for longer than one of them
 * and LOOP_TURNS. */
static void on_turning(uv_idle_t *turning)
{
    struct loop *loop = turning->data;
    uint64_t end = uv_hrtime() + LOOP_TURNS;

    while (turns_run_one(&loop->turns) && uv_hrtime() < end)
        continue;
    if (!turns_waiting(&loop->turns))
        uv_idle_stop(turning);
}

static void loop_turn_take(struct world *world, struct turn *turn)
{
    struct loop *loop = loop_of(world);

    turns_take(&loop->turns, turn);
    uv_idle_start(&loop->turning, on_turning);
}

static void loop_turn_leave(struct world *world, struct turn *turn)
{
    turns_leave(&loop_of(world)->turns, turn);
}

/* A crowd of bells does not keep the sockets waiting either. */
static void on_rung(uv_async_t *rung)
{
    struct loop *loop = rung->data;
    uint64_t end = uv_hrtime() + LOOP_TURNS;

    while (bells_run_one(&loop->bells))
        if (uv_hrtime() >= end) {
            uv_async_send(rung);
            break;
        }
}

static void loop_bell_ring(struct world *world, struct bell *bell)
{
    struct loop *loop = loop_of(world);

    if (bells_ring(&loop->bells, bell))
        uv_async_send(&loop->rung);
}

static void loop_bell_leave(struct world *world, struct bell *bell)
{
    bells_leave(&loop_of(world)->bells, bell);
}

static int loop_dial(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit)
{
    return dial_begin(loop_of(world), dial, host, port, limit);
}

static void loop_dial_cancel(struct world *world, struct dial *dial)
{
    (void)world;
    dial_cancel(dial);
}

static int loop_name_find(struct world *world, struct naming *naming, const struct ip *ip, uint64_t limit)
{
    return naming_begin(loop_of(world), naming, ip, limit);
}

static void loop_name_cancel(struct world *world, struct naming *naming)
{
    (void)world;
    naming_cancel(naming);
}

static struct spool_file *loop_spool_open(struct world *world)
{
    (void)world;
    return spool_open();
}

static int loop_spool_write(struct world *world, struct spool_file *file, struct span s)
{
    (void)world;
    return spool_write(file, s);
}

static long loop_spool_read(struct world *world, struct spool_file *file, uint64_t offset, char *to,
                            size_t len)
{
    (void)world;
    return spool_read(file, offset, to, len);
}

static void loop_spool_close(struct world *world, struct spool_file *file)
{
    (void)world;
    spool_close(file);
}

static int loop_keep_begin(struct world *world, struct keep *keep)
{
    return keeps_begin(&loop_of(world)->keeps, keep);
}

static void loop_keep_cancel(struct world *world, struct keep *keep)
{
    (void)world;
    keeps_cancel(keep);
}

static const struct world_ops ops = {
    .now = loop_now,
    .wall = loop_wall,
    .chance = loop_chance,
    .alarm_set = loop_alarm_set,
    .alarm_clear = loop_alarm_clear,
    .turn_take = loop_turn_take,
    .turn_leave = loop_turn_leave,
    .bell_ring = loop_bell_ring,
    .bell_leave = loop_bell_leave,
    .dial = loop_dial,
    .dial_cancel = loop_dial_cancel,
    .name_find = loop_name_find,
    .name_cancel = loop_name_cancel,
    .spool_open = loop_spool_open,
    .spool_write = loop_spool_write,
    .spool_read = loop_spool_read,
    .spool_close = loop_spool_close,
    .keep_begin = loop_keep_begin,
    .keep_cancel = loop_keep_cancel,
};

static void flush_log(void *owner)
{
    struct loop *loop = owner;

    logger_flush(&loop->logger);
}

/* Lines that were logged in this round are written a little later, together with those of other rounds; an
 * alarm costs no system call. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;

    if (logger_waiting(&loop->logger) && loop->log_flush.handle == NULL &&
        !alarms_set(&loop->alarms, &loop->log_flush, uv_now(&loop->uv) + LOOP_LOG_DELAY))
        logger_flush(&loop->logger);
}

/* Being rung needs a descriptor, which may not be had. */
static int open_bells(struct loop *loop)
{
    int error = bells_init(&loop->bells);

    if (error != 0)
        return error;
    error = uv_async_init(&loop->uv, &loop->rung, on_rung);
    if (error != 0) {
        bells_free(&loop->bells);
        return error;
    }
    loop->rung.data = loop;
    uv_unref((uv_handle_t *)&loop->rung);
    return 0;
}

int loop_init(struct loop *loop, struct log_target *target)
{
    int error = uv_loop_init(&loop->uv);

    if (error != 0)
        return error;
    error = open_bells(loop);
    if (error != 0) {
        (void)uv_loop_close(&loop->uv);
        return error;
    }
    loop->world = (struct world){.ops = &ops, .pool = &loop->pool, .log = &loop->logger.log};
    pool_init(&loop->pool, LOOP_BLOCK_OCTETS, LOOP_BLOCK_STOCK);
    logger_init(&loop->logger, target, false);
    alarms_init(&loop->alarms, &loop->uv);
    loop->log_flush = (struct alarm){.ring = flush_log, .owner = loop};
    loop->chance_left = 0;
    uv_prepare_init(&loop->uv, &loop->before_wait);
    loop->before_wait.data = loop;
    uv_prepare_start(&loop->before_wait, on_prepare);
    uv_unref((uv_handle_t *)&loop->before_wait);
    keeps_init(&loop->keeps, &loop->uv);
    turns_init(&loop->turns);
    uv_idle_init(&loop->uv, &loop->turning);
    loop->turning.data = loop;
    return 0;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_free(struct loop *loop)
{
    int error;

    assert(!turns_waiting(&loop->turns));
    alarms_close(&loop->alarms);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->turning, NULL);
    uv_close((uv_handle_t *)&loop->rung, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    error = uv_loop_close(&loop->uv);
    assert(error == 0);
    (void)error;
    bells_free(&loop->bells);
    logger_flush(&loop->logger);
    pool_free(&loop->pool);
}
