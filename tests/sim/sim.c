/* sim.c: one simulation from its seed to its end: the world, the order of things, time, memory. What must
 * hold of messages is left to the ledger. */
#include "sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lab_tls.h"
#include "lab_tls_chance.h"

#define STEPS_MAX       3000000
#define BLOCKS_MAX      5u /* leased by one session: two wires, each way, and one in passing */
#define BLOCKS_TLS      4u /* and as many beneath them, when they are encrypted */
#define BLOCKS_CHANNELS 4u /* of its two daemons */
#define BLOCKS_MILTER   2u
#define CALLS_A_REPLY   120u   /* allocations; far above what is usual, far below what a leak of work costs */
#define CALLS_TLS       20000u /* what a session's handshakes may take */
#define RECOVERY        1000u  /* milliseconds for the session after all faults */

struct sim *sim_current;

void sim_tell(struct sim *sim, const struct client *client, const char *who, struct span text)
{
    char head[48], octet[8];

    (void)snprintf(head, sizeof(head), "%9.3f  c%u %s ", (double)sim->lab.now / 1000, client->number, who);
    lab_bytes_add(&sim->transcript, span_str(head));
    for (size_t i = 0; i < text.len && i < 160; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n' && i + 1 == text.len)
            break;
        if (c == '\r')
            continue;
        (void)snprintf(octet, sizeof(octet), c == '\n' ? " / " : c >= ' ' ? "%c" : "\\x%02x", c);
        lab_bytes_add(&sim->transcript, span_str(octet));
    }
    lab_bytes_add(&sim->transcript, SPAN("\n"));
}

static void report(const struct sim *sim)
{
    const struct fault *fault = &sim->faults[0];

    fprintf(stderr, "%.*s--- log\n%.*s", (int)sim->transcript.len, sim->transcript.ptr,
            (int)sim->lab.lines.len, sim->lab.lines.ptr);
    if (sim->forced_milter)
        fprintf(stderr, "replay: sim --seed %llu --milter '%s' --step %s\n", (unsigned long long)sim->seed,
                milter_trick_name(sim->forced_plan.trick), milter_step_name(sim->forced_plan.step));
    else if (sim->forced)
        fprintf(stderr, "replay: sim --seed %llu --fault %s --point %s\n", (unsigned long long)sim->seed,
                fault_name(fault->kind), point_name(fault->point));
    else
        fprintf(stderr, "replay: sim --seed %llu\n", (unsigned long long)sim->seed);
}

void sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
{
    va_list args;

    if (sim->failed)
        return;
    sim->failed = true;
    fprintf(stderr, "--- seed %llu breaks %s: ", (unsigned long long)sim->seed, invariant);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    if (!sim->totals->brief)
        report(sim);
}

struct message *sim_message(struct sim *sim, struct span id)
{
    for (unsigned c = 0; c < sim->count; c++)
        for (unsigned m = 0; m < sim->clients[c].message_count; m++)
            if (span_eq(id, span_str(sim->clients[c].messages[m].id)))
                return &sim->clients[c].messages[m];
    return NULL;
}

static void emptied(void *owner)
{
    struct sim *sim = owner;

    sim->emptied = true;
}

void sim_drain(struct sim *sim)
{
    sim->drain_due = true;
}

void sim_reload(struct sim *sim)
{
    sim->reload_due = true;
}

/* What a signal asked for. */
static bool obey(struct sim *sim)
{
    if (sim->reload_due)
        server_configure(sim->server, &sim->config.settings);
    if (sim->drain_due && !sim->draining) {
        sim->draining = true;
        server_drain(sim->server, 30000);
    }
    sim->reload_due = sim->drain_due = false;
    return false;
}

static bool gate(void *arg, size_t size)
{
    struct sim *sim = arg;
    struct scarcity *memory = &sim->memory;

    (void)size;
    if (sim->lab.beyond)
        return true;
    memory->calls++;
    if (memory->failing && memory->lasting)
        return false;
    if (!memory->armed || memory->after-- != 0)
        return true;
    memory->armed = false;
    memory->failing = true;
    return false;
}

/* The client in whose session a dial was begun: they have the same owner. */
static struct client *client_of(struct sim *sim, const void *session)
{
    for (unsigned i = 0; i < sim->count; i++)
        if (sim->clients[i].begun && lab_tls_owner(sim->clients[i].pipe) == session)
            return &sim->clients[i];
    return NULL;
}

static bool answer_dial(struct sim *sim, struct lab_dial *dial, struct client *client)
{
    struct upstream *up = &sim->upstreams[sim->connections];

    faults_point(sim, client, POINT_CONNECT, SIDE_UPSTREAM);
    if (client->hang_dial)
        return false;
    if (client->refuse_dial || sim->connections == UPSTREAMS_MAX) {
        lab_dial_refuse(dial, -ECONNREFUSED);
        return true;
    }
    sim->connections++;
    *up = (struct upstream){.sim = sim, .client = client, .manners = &client->upstream};
    up->dice = dice_for(sim->seed, DICE_UPSTREAM, 1000 + client->number * 100 + client->dials++);
    up->pipe = lab_dial_accept(&sim->lab, dial, client->upstream.carry);
    upstream_begin(up);
    return true;
}

static bool answer_dials(struct sim *sim)
{
    struct lab_dial *dial;

    TAILQ_FOREACH(dial, &sim->lab.dials, link)
    {
        struct client *client = dial->decided ? NULL : client_of(sim, dial->dial->owner);
        if (!dial->decided && !dial->hangs && (dial->port == DAEMON_CLAMD || dial->port == DAEMON_SPAMD)) {
            daemon_dialled(sim, dial);
            return true;
        }
        if (!dial->decided && !dial->hangs && dial->port >= MILTER_PORT &&
            dial->port < MILTER_PORT + MILTERS_MAX) {
            milter_dialled(sim, dial);
            return true;
        }
        if (client != NULL && !client->hang_dial && answer_dial(sim, dial, client))
            return true;
    }
    return false;
}

/* Everybody hears at once, so that what is said too early is seen too early. */
static bool actors(struct sim *sim)
{
    unsigned first = dice_below(&sim->dice, sim->count);
    bool moved = answer_dials(sim);

    for (unsigned i = 0; i < sim->count; i++)
        moved = client_act(&sim->clients[(first + i) % sim->count]) || moved;
    for (unsigned i = 0; i < sim->connections; i++)
        moved = upstream_act(&sim->upstreams[i]) || moved;
    for (unsigned i = 0; i < sim->daemon_count; i++)
        moved = daemon_act(&sim->daemons[i]) || moved;
    for (unsigned i = 0; i < sim->milter_end_count; i++)
        moved = milter_act(&sim->milter_ends[i]) || moved;
    return moved;
}

static void watch_bounds(struct sim *sim)
{
    uint64_t patience = config_patience(&sim->config) + sim->patience;
    unsigned most = BLOCKS_MAX + (sim->config.encrypts ? BLOCKS_TLS : 0) +
                    (sim->content ? BLOCKS_CHANNELS : 0) + BLOCKS_MILTER * sim->milter_count;

    if (sim->lab.pool.leased > sim->most_blocks)
        sim->most_blocks = sim->lab.pool.leased;
    if (sim->lab.pool.leased > most * (server_sessions(sim->server) + 1))
        sim_fail(sim, "I7", "%zu blocks for %zu sessions", sim->lab.pool.leased,
                 server_sessions(sim->server));
    for (unsigned i = 0; i < sim->count; i++) {
        const struct client *client = &sim->clients[i];
        if (client->begun && !client->pipe->closed && sim->lab.now > client->touched + patience)
            sim_fail(sim, "I7", "session of client %u still lives, %llu s after anything moved", i,
                     (unsigned long long)(sim->lab.now - client->touched) / 1000);
    }
}

/* Nothing can happen now: the next thing that time brings. False: nothing ever. */
static bool wait(struct sim *sim)
{
    uint64_t at = lab_due(&sim->lab);

    for (unsigned i = 0; i < sim->count; i++)
        if (client_due(&sim->clients[i]) < at)
            at = client_due(&sim->clients[i]);
    for (unsigned i = 0; i < sim->connections; i++)
        if (upstream_due(&sim->upstreams[i]) < at)
            at = upstream_due(&sim->upstreams[i]);
    for (unsigned i = 0; i < sim->daemon_count; i++)
        if (daemon_due(&sim->daemons[i]) < at)
            at = daemon_due(&sim->daemons[i]);
    for (unsigned i = 0; i < sim->milter_end_count; i++)
        if (milter_due(&sim->milter_ends[i]) < at)
            at = milter_due(&sim->milter_ends[i]);
    if (at == UINT64_MAX)
        return false;
    if (at > sim->lab.now)
        sim->lab.now = at;
    return true;
}

/* Until no session is left. */
static void play(struct sim *sim)
{
    for (unsigned steps = 0; !sim->failed; steps++) {
        bool moved = obey(sim);
        for (unsigned n = dice_below(&sim->dice, 4); n > 0 && lab_step(&sim->lab); n--)
            moved = true;
        moved = actors(sim) || moved;
        watch_bounds(sim);
        if (server_sessions(sim->server) == 0 && !moved)
            return;
        if (!moved && !lab_step(&sim->lab) && !wait(sim))
            sim_fail(sim, "I7", "%zu sessions wait for nothing", server_sessions(sim->server));
        if (steps > STEPS_MAX)
            sim_fail(sim, "I7", "no end after %u steps", steps);
    }
}

static void draw_faults(struct sim *sim)
{
    struct dice dice = dice_for(sim->seed, DICE_FAULTS, 0);
    unsigned count = dice_percent(&dice, 75) ? 1 + dice_below(&dice, FAULTS_MAX) : 0;

    for (unsigned i = 0; i < count; i++) {
        struct fault *fault = &sim->faults[i];
        fault->kind = 1 + dice_below(&dice, FAULT_KINDS - 1);
        do
            fault->point = dice_below(&dice, POINTS);
        while (!fault_applies(fault->kind, fault->point));
        fault->client = dice_below(&dice, sim->count - 1);
        fault->after = dice_percent(&dice, 25) ? 1 + dice_below(&dice, 2) : 0;
        sim->clients[fault->client].plain = false;
    }
}

/* All but the last client begin together; one of several may be a bystander who must not notice anything. */
static void draw_clients(struct sim *sim)
{
    sim->count = sim->forced ? 2 : 2 + dice_below(&sim->dice, CLIENTS_MAX - 1);
    for (unsigned i = 0; i < sim->count; i++) {
        sim->clients[i].sim = sim;
        sim->clients[i].number = i;
        sim->clients[i].plain = i + 1 == sim->count || (i == 1 && dice_percent(&sim->dice, 50));
    }
}

/* A fault that hits all spares nobody. */
static void note_globals(struct sim *sim)
{
    for (unsigned f = 0; f < FAULTS_MAX; f++)
        for (unsigned i = 0; i + 1 < sim->count; i++)
            if (fault_is_global(sim->faults[f].kind) && sim->faults[f].kind != FAULT_RELOAD)
                sim->clients[i].upset = true;
}

static void serve(struct sim *sim)
{
    sim->server = server_new(&sim->lab.world, emptied, sim);
    server_configure(sim->server, &sim->config.settings);
}

static void begin(struct sim *sim)
{
    struct dice dice = dice_for(sim->seed, DICE_WORLD, 0);

    sim->dice = dice;
    lab_tls_chance(sim->seed);
    lab_init(&sim->lab, sim->seed);
    sim->lab.shuffle = true;
    sim->lab.pool.stock_max = dice_percent(&dice, 50) ? 16 : 0; /* without a stock every block is asked for */
    draw_clients(sim);
    if (!sim->forced)
        draw_faults(sim);
    config_draw(sim);
    content_draw(sim);
    milters_draw(sim);
    for (unsigned i = 0; i < sim->count; i++)
        client_draw(&sim->clients[i]);
    note_globals(sim);
    (void)settings_ref(&sim->config.settings);
    serve(sim);
    mem_set_gate(gate, sim);
}

/* The faults are over; after a drain the server is a new one. The clean session that follows must go well, at
 * once. */
static void recover(struct sim *sim)
{
    struct client *last = &sim->clients[sim->count - 1];
    uint64_t began;

    memset(&sim->memory, 0, sizeof(sim->memory));
    sim->lab.disk = UINT64_MAX;
    sim->lab.disk_broken = false;
    sim->daemons_play = false;
    if (sim->draining) {
        if (!sim->emptied)
            sim_fail(sim, "I7", "the drained server does not say that it is empty");
        server_free(sim->server);
        sim->draining = false;
        serve(sim);
    }
    memset(&sim->memory, 0, sizeof(sim->memory));
    memset(sim->faults, 0, sim->forced ? 0 : sizeof(sim->faults));
    sim->lab.disk = UINT64_MAX;
    sim->lab.disk_broken = false;
    began = sim->lab.now;
    client_begin(last);
    last->upset = false;
    play(sim);
    if (sim->failed)
        return;
    if (last->message_count != 1 || last->messages[0].told != 250)
        sim_fail(sim, "I8", "the session after the faults did not deliver its message");
    if (last->touched - began > RECOVERY)
        sim_fail(sim, "I8", "the session after the faults took %llu ms",
                 (unsigned long long)(last->touched - began));
}

static void check_work(struct sim *sim)
{
    uint64_t replies = 0, octets = 0;

    for (unsigned i = 0; i < sim->count; i++) {
        if (!sim->clients[i].begun)
            continue;
        replies += sim->clients[i].answered + 2;
        octets += sim->config.encrypts ? CALLS_TLS / 4 : 0;
        octets += sim->clients[i].pipe->to.len;
    }
    if (sim->memory.calls > CALLS_A_REPLY * replies + 4 * octets) /* a block for each octet, each way */
        sim_fail(sim, "I7", "%llu allocations for %llu replies", (unsigned long long)sim->memory.calls,
                 (unsigned long long)replies);
}

static void end(struct sim *sim)
{
    mem_set_gate(NULL, NULL);
    lab_tls_chance_end();
    if (sim->failed)
        return; /* what is left is of no interest, and may be in any state */
    server_free(sim->server);
    if (atomic_load(&sim->config.settings.references) != 1)
        sim_fail(sim, "I7", "settings are still held by somebody");
    settings_unref(&sim->config.settings);
    milters_free(sim);
    lab_free(&sim->lab);
}

static void release(struct sim *sim)
{
    for (unsigned i = 0; i < sim->count; i++)
        client_end(&sim->clients[i]);
    for (unsigned i = 0; i < sim->connections; i++)
        upstream_end(&sim->upstreams[i]);
    for (unsigned i = 0; i < sim->daemon_count; i++)
        daemon_free(&sim->daemons[i]);
    lab_bytes_free(&sim->transcript);
    free(sim);
}

static bool run(struct sim *sim)
{
    bool good;

    sim_current = sim;
    begin(sim);
    for (unsigned i = 0; i + 1 < sim->count; i++)
        client_begin(&sim->clients[i]);
    play(sim);
    if (!sim->failed)
        check_work(sim);
    if (!sim->failed)
        recover(sim);
    if (!sim->failed)
        ledger_close(sim);
    end(sim);
    sim_current = NULL;
    sim->totals->seeds++;
    good = !sim->failed;
    release(sim);
    return good;
}

static struct sim *make(uint64_t seed, struct totals *totals)
{
    struct sim *sim = calloc(1, sizeof(*sim));

    if (sim == NULL)
        abort();
    sim->seed = seed;
    sim->totals = totals;
    return sim;
}

bool sim_run(uint64_t seed, struct totals *totals)
{
    return run(make(seed, totals));
}

bool sim_run_with(uint64_t seed, const struct fault *fault, struct totals *totals, bool *fired)
{
    struct sim *sim = make(seed, totals);
    uint64_t before = totals->fired[fault->kind][fault->point];
    bool good;

    sim->forced = true;
    sim->faults[0] = *fault;
    good = run(sim);
    *fired = totals->fired[fault->kind][fault->point] != before;
    return good;
}

bool sim_run_milter(uint64_t seed, const struct milter_plan *plan, struct totals *totals, bool *fired)
{
    struct sim *sim = make(seed, totals);
    uint64_t before = totals->milters[plan->trick][plan->step];
    bool good;

    sim->forced = sim->forced_milter = true;
    sim->forced_plan = *plan;
    good = run(sim);
    *fired = totals->milters[plan->trick][plan->step] != before;
    return good;
}
