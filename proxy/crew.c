/* crew.c: the workers with a server each; what a server does with its sessions is left to session/. */
#include "crew.h"

#include <stdatomic.h>

#include "base/mem.h"

struct hand {
    struct crew *crew;
    struct worker *worker;
    struct server *server;
};

struct crew {
    void (*ended)(void *owner);
    void *owner;
    bool started;
    atomic_size_t left;
    size_t count;
    struct hand hands[];
};

/* --- what the workers call --------------------------------------------------------------------------------
 */

static int on_caught(void *owner, const struct worker_catch *caught)
{
    const struct hand *hand = owner;
    const struct arrival arrival = {
        .peer = caught->peer,
        .local = caught->local,
        .original = caught->original,
        .listener = caught->tag,
    };

    return server_accept(hand->server, &arrival, caught->ops, caught->carrier);
}

static void on_ended(void *owner)
{
    struct hand *hand = owner;
    struct crew *crew = hand->crew;

    server_free(hand->server);
    hand->server = NULL;
    atomic_fetch_sub(&crew->left, 1);
    crew->ended(crew->owner);
}

static void on_emptied(void *owner)
{
    const struct hand *hand = owner;

    worker_stop(hand->worker);
}

/* --- life ----------------------------------------------------------------------------------------------- */

static bool hire(struct hand *hand, struct crew *crew, struct log_target *target)
{
    const struct worker_owner owner = {.caught = on_caught, .ended = on_ended, .owner = hand};
    int error;

    hand->crew = crew;
    hand->worker = worker_new(&owner, target, &error);
    if (hand->worker == NULL)
        return false;
    atomic_fetch_add(&crew->left, 1);
    crew->count++;
    hand->server = server_new(worker_world(hand->worker), on_emptied, hand);
    return hand->server != NULL;
}

struct crew *crew_new(size_t count, struct log_target *target, void (*ended)(void *owner), void *owner)
{
    struct crew *crew = mem_alloc(sizeof(*crew) + count * sizeof(crew->hands[0]));

    if (crew == NULL)
        return NULL;
    crew->ended = ended;
    crew->owner = owner;
    for (size_t i = 0; i < count; i++) {
        if (!hire(&crew->hands[i], crew, target)) {
            crew_join(crew);
            return NULL;
        }
    }
    return crew;
}

int crew_start(struct crew *crew)
{
    int error = 0;

    crew->started = true;
    for (size_t i = 0; i < crew->count && error == 0; i++)
        error = worker_start(crew->hands[i].worker);
    return error;
}

size_t crew_left(const struct crew *crew)
{
    return atomic_load(&crew->left);
}

void crew_join(struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        worker_join(crew->hands[i].worker);
    mem_free(crew);
}

/* --- commands ------------------------------------------------------------------------------------------- */

struct order {
    struct worker_task task;
    struct hand *hand;
    struct settings *settings; /* a reference */
    uint64_t grace;
    size_t count;
    struct worker_door doors[];
};

/* Before the crew runs, its workers belong to this thread. */
static void give(struct order *order, void (*run)(struct worker_task *task))
{
    order->task.run = run;
    if (order->hand->crew->started)
        worker_post(order->hand->worker, &order->task);
    else
        run(&order->task);
}

/* The listeners first: whoever is caught by one that closes gets a name and settings of the same generation.
 */
static void run_configure(struct worker_task *task)
{
    struct order *order = (struct order *)task;
    struct hand *hand = order->hand;
    struct log *log = worker_world(hand->worker)->log;

    log->level = (enum log_level)order->settings->log.level;
    log->format = (enum log_format)order->settings->log.format;
    if (worker_listen(hand->worker, order->doors, order->count) != 0)
        log_note(log, LOG_LEVEL_ERROR, "listen", "no memory to listen on every address");
    server_configure(hand->server, order->settings);
    settings_unref(order->settings);
    mem_free(order);
}

bool crew_configure(struct crew *crew, struct settings *settings, const struct doors *doors)
{
    bool done = true;

    for (size_t i = 0; i < crew->count; i++) {
        struct order *order = mem_alloc(sizeof(*order) + doors->count * sizeof(order->doors[0]));
        if (order == NULL) {
            done = false;
            continue;
        }
        order->hand = &crew->hands[i];
        order->settings = settings_ref(settings);
        order->count = doors->count;
        doors_list(doors, i, order->doors);
        give(order, run_configure);
    }
    return done;
}

static void run_drain(struct worker_task *task)
{
    struct order *order = (struct order *)task;
    struct hand *hand = order->hand;
    uint64_t grace = order->grace;

    mem_free(order);
    worker_listen(hand->worker, NULL, 0);
    server_drain(hand->server, grace);
}

bool crew_drain(struct crew *crew, uint64_t grace)
{
    bool done = true;

    for (size_t i = 0; i < crew->count; i++) {
        struct order *order = mem_alloc(sizeof(*order));
        if (order == NULL) {
            done = false;
            continue;
        }
        order->hand = &crew->hands[i];
        order->grace = grace;
        give(order, run_drain);
    }
    return done;
}
