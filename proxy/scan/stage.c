/* stage.c: the world that a trial happens in: the real one, but for the upstream, the quarantine and the log.
 */
#include "scan/stage.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "scan/pipe.h"
#include "sink/sink_server.h"

#define UPSTREAM_RECIPIENTS 1000000  /* of a message: more than a session allows */
#define UPSTREAM_SILENCE    86400000 /* milliseconds: a filter may think for as long as it is allowed to */

/* A connection to the upstream that is about to be made. */
struct stage_dial {
    LIST_ENTRY(stage_dial) link;
    struct turn turn;
    struct stage *stage;
    struct dial *dial;
};

static struct stage *stage_of(struct world *world)
{
    return (struct stage *)world;
}

static struct world *under(struct world *world)
{
    return stage_of(world)->under;
}

/* --- the upstream --------------------------------------------------------------------------------------- */

static struct sink_letter *drop_begin(struct sink_store *store, const struct sink_envelope *envelope)
{
    (void)envelope;
    return (struct sink_letter *)store; /* any but NULL: nothing is kept of it */
}

static int drop_write(struct sink_store *store, struct sink_letter *letter, struct span content)
{
    (void)store;
    (void)letter;
    (void)content;
    return 0;
}

static int drop_commit(struct sink_store *store, struct sink_letter *letter)
{
    (void)store;
    (void)letter;
    return 0;
}

static void drop_abort(struct sink_store *store, struct sink_letter *letter)
{
    (void)store;
    (void)letter;
}

static const struct sink_store_ops drop_ops = {drop_begin, drop_write, drop_commit, drop_abort};
static struct sink_store drop = {&drop_ops};

static int connect_upstream(struct stage *stage, struct wire *wire)
{
    static const struct ip unknown;
    struct pipe_end *ends[2];
    int error;

    if (!pipe_new(stage->under, ends))
        return -ENOMEM;
    error = sink_server_accept(stage->upstream, &unknown, &pipe_ops, ends[0]);
    if (error != 0) {
        pipe_abandon(ends[0]);
        pipe_abandon(ends[1]);
        return error;
    }
    wire_attach(wire, &pipe_ops, ends[1]);
    return 0;
}

static void forget(struct stage_dial *made)
{
    made->dial->handle = NULL;
    LIST_REMOVE(made, link);
    mem_free(made);
}

/* done() may dial again, or cancel: the attempt is forgotten first. */
static void answer(void *owner)
{
    struct stage_dial *made = owner;
    struct dial *dial = made->dial;
    int status = connect_upstream(made->stage, dial->wire);

    forget(made);
    dial->done(dial->owner, status);
}

static int dial_upstream(struct stage *stage, struct dial *dial)
{
    struct stage_dial *made = mem_alloc(sizeof(*made));

    if (made == NULL)
        return -ENOMEM;
    made->turn = (struct turn){.run = answer, .owner = made};
    made->stage = stage;
    made->dial = dial;
    dial->handle = made;
    dial->peer = (struct ip){0};
    LIST_INSERT_HEAD(&stage->dials, made, link);
    stage->under->ops->turn_take(stage->under, &made->turn);
    return 0;
}

static int stage_dial(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit)
{
    if (strcmp(host, STAGE_UPSTREAM) == 0)
        return dial_upstream(stage_of(world), dial);
    return under(world)->ops->dial(under(world), dial, host, port, limit);
}

static void stage_dial_cancel(struct world *world, struct dial *dial)
{
    struct stage_dial *made;

    LIST_FOREACH(made, &stage_of(world)->dials, link)
    if (made == dial->handle) {
        under(world)->ops->turn_leave(under(world), &made->turn);
        forget(made);
        return;
    }
    under(world)->ops->dial_cancel(under(world), dial);
}

/* --- the quarantine ------------------------------------------------------------------------------------- */

/* A message that is not kept, though its session is about to be told so. */
struct stage_keep {
    LIST_ENTRY(stage_keep) link;
    struct turn turn;
    struct keep *keep;
};

static void forget_keep(struct stage_keep *made)
{
    made->keep->handle = NULL;
    LIST_REMOVE(made, link);
    mem_free(made);
}

static void answer_keep(void *owner)
{
    struct stage_keep *made = owner;
    struct keep *keep = made->keep;

    forget_keep(made);
    keep->done(keep->owner, 0);
}

static int stage_keep_begin(struct world *world, struct keep *keep)
{
    struct stage_keep *made = mem_alloc(sizeof(*made));

    if (made == NULL)
        return -ENOMEM;
    made->turn = (struct turn){.run = answer_keep, .owner = made};
    made->keep = keep;
    keep->handle = made;
    LIST_INSERT_HEAD(&stage_of(world)->keeps, made, link);
    under(world)->ops->turn_take(under(world), &made->turn);
    return 0;
}

static void stage_keep_cancel(struct world *world, struct keep *keep)
{
    struct stage_keep *made = keep->handle;

    if (made == NULL)
        return;
    under(world)->ops->turn_leave(under(world), &made->turn);
    forget_keep(made);
}

/* --- what is as it is ----------------------------------------------------------------------------------- */

static uint64_t stage_now(struct world *world)
{
    return under(world)->ops->now(under(world));
}

static uint64_t stage_wall(struct world *world)
{
    return under(world)->ops->wall(under(world));
}

static void stage_chance(struct world *world, void *bytes, size_t len)
{
    under(world)->ops->chance(under(world), bytes, len);
}

static bool stage_alarm_set(struct world *world, struct alarm *alarm, uint64_t at)
{
    return under(world)->ops->alarm_set(under(world), alarm, at);
}

static void stage_alarm_clear(struct world *world, struct alarm *alarm)
{
    under(world)->ops->alarm_clear(under(world), alarm);
}

static void stage_turn_take(struct world *world, struct turn *turn)
{
    under(world)->ops->turn_take(under(world), turn);
}

static void stage_turn_leave(struct world *world, struct turn *turn)
{
    under(world)->ops->turn_leave(under(world), turn);
}

static void stage_bell_ring(struct world *world, struct bell *bell)
{
    under(world)->ops->bell_ring(under(world), bell);
}

static void stage_bell_leave(struct world *world, struct bell *bell)
{
    under(world)->ops->bell_leave(under(world), bell);
}

static int stage_name_find(struct world *world, struct naming *naming, const struct ip *ip, uint64_t limit)
{
    return under(world)->ops->name_find(under(world), naming, ip, limit);
}

static void stage_name_cancel(struct world *world, struct naming *naming)
{
    under(world)->ops->name_cancel(under(world), naming);
}

static struct spool_file *stage_spool_open(struct world *world)
{
    return under(world)->ops->spool_open(under(world));
}

static int stage_spool_write(struct world *world, struct spool_file *file, struct span s)
{
    return under(world)->ops->spool_write(under(world), file, s);
}

static long stage_spool_read(struct world *world, struct spool_file *file, uint64_t offset, char *to,
                             size_t len)
{
    return under(world)->ops->spool_read(under(world), file, offset, to, len);
}

static void stage_spool_close(struct world *world, struct spool_file *file)
{
    under(world)->ops->spool_close(under(world), file);
}

static const struct world_ops ops = {
    .now = stage_now,
    .wall = stage_wall,
    .chance = stage_chance,
    .alarm_set = stage_alarm_set,
    .alarm_clear = stage_alarm_clear,
    .turn_take = stage_turn_take,
    .turn_leave = stage_turn_leave,
    .bell_ring = stage_bell_ring,
    .bell_leave = stage_bell_leave,
    .dial = stage_dial,
    .dial_cancel = stage_dial_cancel,
    .name_find = stage_name_find,
    .name_cancel = stage_name_cancel,
    .spool_open = stage_spool_open,
    .spool_write = stage_spool_write,
    .spool_read = stage_spool_read,
    .spool_close = stage_spool_close,
    .keep_begin = stage_keep_begin,
    .keep_cancel = stage_keep_cancel,
};

/* --- the log -------------------------------------------------------------------------------------------- */

static void take_line(void *arg, enum log_level level, struct span line)
{
    struct stage *stage = arg;

    (void)level;
    stage->heard(stage->owner, line);
}

static uint64_t log_wall(void *arg)
{
    return stage_wall(arg);
}

static void on_emptied(void *owner)
{
    (void)owner;
}

bool stage_init(struct stage *stage, struct world *world, void (*heard)(void *owner, struct span line),
                void *owner)
{
    const struct sink_options options = {.hostname = STAGE_UPSTREAM,
                                         .recipients = UPSTREAM_RECIPIENTS,
                                         .timeout = UPSTREAM_SILENCE,
                                         .store = &drop};

    *stage = (struct stage){.under = world, .heard = heard, .owner = owner};
    stage->log = (struct log){
        .level = LOG_LEVEL_INFO, .format = LOG_FORMAT_KV, .write = take_line, .wall = log_wall, .arg = stage};
    stage->world = (struct world){.ops = &ops, .pool = world->pool, .log = &stage->log};
    LIST_INIT(&stage->dials);
    LIST_INIT(&stage->keeps);
    stage->upstream = sink_server_new(world, &options, on_emptied, stage);
    return stage->upstream != NULL;
}

void stage_free(struct stage *stage)
{
    assert(LIST_EMPTY(&stage->dials));
    assert(LIST_EMPTY(&stage->keeps));
    sink_server_abort(stage->upstream);
    sink_server_free(stage->upstream);
}
