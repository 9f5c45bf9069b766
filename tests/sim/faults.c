/* faults.c: the table of faults: each kind, what it does, who notices that its moment has come, and the
 * points at which it makes sense. */
#include "sim.h"

#define P(point)    (1u << POINT_##point)
#define COMMANDS    (P(EHLO) | P(AUTH) | P(MAIL) | P(RCPT) | P(DATA))
#define SHAKING     (P(STARTTLS) | P(SECURING))
#define STREAMING   (P(HEADER) | P(BODY) | P(LAST))
#define OUTCOME     (P(VERDICT) | P(END) | P(ACCEPTED))
#define AFTER       (P(RESET) | P(QUIT))
#define OF_CLIENT   (P(ACCEPT) | P(CONNECT) | SHAKING | COMMANDS | STREAMING | OUTCOME | P(TOLD) | AFTER)
#define OF_ANSWERS  (P(BANNER) | P(SECURING) | COMMANDS | P(END) | AFTER)
#define OF_UPSTREAM (P(BANNER) | P(SECURING) | COMMANDS | STREAMING | OUTCOME | AFTER)
#define OF_WORLD                                                                                             \
    (P(ACCEPT) | P(CONNECT) | P(BANNER) | SHAKING | COMMANDS | STREAMING | OUTCOME | P(TOLD) | AFTER)
#define OF_DISK (P(HEADER) | P(BODY) | P(LAST) | P(VERDICT))

static void client_fin(struct sim *sim, struct client *client)
{
    (void)sim;
    client_leave(client, false);
}

static void client_rst(struct sim *sim, struct client *client)
{
    (void)sim;
    client_leave(client, true);
}

static void client_half(struct sim *sim, struct client *client)
{
    (void)sim;
    client->mute = client->cut_short = true;
    if (!client->gone && !client->pipe->ended)
        lab_pipe_end(client->pipe);
}

static void client_stall(struct sim *sim, struct client *client)
{
    (void)sim;
    client->mute = true;
}

static void client_deaf(struct sim *sim, struct client *client)
{
    (void)sim;
    client->mute = true;
    client->pipe->stalled = true;
}

/* QUIT where nobody expects it: behind DATA it is content or too early, elsewhere only early. */
static void client_early(struct sim *sim, struct client *client)
{
    sim_tell(sim, client, "C!", SPAN("QUIT"));
    if (!client->gone && !client->pipe->ended)
        lab_pipe_send(client->pipe, SPAN("QUIT\r\n"));
    client->early = client->cut_short = client->mute = true;
}

/* What it sends ends anywhere: in a record, in a line. */
static void client_torn(struct sim *sim, struct client *client)
{
    client->cut_short = true;
    if (!client->gone && !client->pipe->ended)
        lab_pipe_tear(client->pipe, dice_below(&sim->dice, 200));
}

/* A record that is none, or a line that is none; within a chunk in plaintext it would be content. */
static void client_broken(struct sim *sim, struct client *client)
{
    bool content = client->stage != 0 && client->pipe->shell == NULL;

    (void)sim;
    if (!client->gone && !client->pipe->ended && !content)
        lab_pipe_send_beneath(client->pipe, SPAN("\x17\x03\x03\x00\x20 0123456789 0123456789 01234567\r\n"));
    client->early = client->cut_short = client->mute = true;
}

static struct upstream *upstream_of(struct sim *sim, const struct client *client)
{
    for (unsigned i = sim->connections; i-- > 0;)
        if (sim->upstreams[i].client == client)
            return &sim->upstreams[i];
    return NULL;
}

static void upstream_fault(struct sim *sim, struct client *client, enum fault_kind kind)
{
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = true;
    if (upstream == NULL)
        return;
    if (kind == FAULT_UPSTREAM_FIN || kind == FAULT_UPSTREAM_RST)
        upstream_leave(upstream, kind == FAULT_UPSTREAM_RST);
    if (kind == FAULT_UPSTREAM_STALL || kind == FAULT_UPSTREAM_DEAF)
        upstream->mute = true;
    upstream->pipe->stalled = kind == FAULT_UPSTREAM_DEAF;
    if (kind == FAULT_UPSTREAM_SLOW)
        upstream->delay = 20000 + dice_below(&upstream->dice, 95000);
}

#define UPSTREAM_FAULT(name, kind)                                                                           \
    static void name(struct sim *sim, struct client *client)                                                 \
    {                                                                                                        \
        upstream_fault(sim, client, kind);                                                                   \
    }
UPSTREAM_FAULT(upstream_fin, FAULT_UPSTREAM_FIN)
UPSTREAM_FAULT(upstream_rst, FAULT_UPSTREAM_RST)
UPSTREAM_FAULT(upstream_stall, FAULT_UPSTREAM_STALL)
UPSTREAM_FAULT(upstream_deaf, FAULT_UPSTREAM_DEAF)
UPSTREAM_FAULT(upstream_slow, FAULT_UPSTREAM_SLOW)

static void upstream_421(struct sim *sim, struct client *client)
{
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = client->lied_to = true;
    if (upstream == NULL)
        return;
    upstream->declines = true;
    upstream_hurry(upstream); /* 421 is no answer to what has been taken already */
    upstream_blurt(upstream, SPAN("421 4.3.2 going down\r\n"));
    upstream_leave(upstream, false);
}

static void upstream_garbage(struct sim *sim, struct client *client)
{
    static const struct span rubbish[] = {{"\0\xff\x80 not a reply\n", 15},
                                          {"2500 odd\r\n", 10},
                                          {"\r\n", 2},
                                          {"250-one\r\n550 two\r\n", 18},
                                          {"25", 2}};
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = client->lied_to = true;
    if (upstream == NULL)
        return;
    upstream_blurt(upstream, rubbish[dice_below(&upstream->dice, 5)]);
    upstream->mute = true;
}

/* One reply too many, said when nothing is owed. */
static void upstream_extra(struct sim *sim, struct client *client)
{
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = client->lied_to = client->cut_short = true;
    if (upstream != NULL)
        upstream->extra = true;
}

static void upstream_torn(struct sim *sim, struct client *client)
{
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = client->cut_short = true;
    if (upstream != NULL && !upstream->gone && !upstream->pipe->ended)
        lab_pipe_tear(upstream->pipe, dice_below(&upstream->dice, 200));
}

static void upstream_broken(struct sim *sim, struct client *client)
{
    struct upstream *upstream = upstream_of(sim, client);

    client->upset = client->lied_to = true;
    if (upstream == NULL || upstream->gone || upstream->pipe->ended)
        return;
    lab_pipe_send_beneath(upstream->pipe, SPAN("\x17\x03\x03\x00\x20 0123456789 0123456789 01234567\r\n"));
    upstream->mute = true;
}

static void dial_refused(struct sim *sim, struct client *client)
{
    (void)sim;
    client->refuse_dial = client->upset = true;
}

static void dial_hangs(struct sim *sim, struct client *client)
{
    (void)sim;
    client->hang_dial = client->upset = true;
}

static void memory(struct sim *sim, bool lasting)
{
    sim->was_scarce = true;
    sim->memory.armed = true;
    sim->memory.lasting = lasting;
    sim->memory.after = dice_below(&sim->dice, 12);
    for (unsigned i = 0; i < sim->count; i++)
        sim->clients[i].upset = sim->clients[i].cut_short = true;
}

static void memory_once(struct sim *sim, struct client *client)
{
    (void)client;
    memory(sim, false);
}

static void memory_from(struct sim *sim, struct client *client)
{
    (void)client;
    memory(sim, true);
}

static void disk_full(struct sim *sim, struct client *client)
{
    (void)client;
    sim->was_scarce = true;
    sim->lab.disk = dice_below(&sim->dice, 200);
}

static void disk_broken(struct sim *sim, struct client *client)
{
    (void)client;
    sim->was_scarce = sim->lab.disk_broken = true;
}

static void drain(struct sim *sim, struct client *client)
{
    (void)client;
    for (unsigned i = 0; i < sim->count; i++)
        sim->clients[i].upset = true;
    sim_drain(sim);
}

static void reload(struct sim *sim, struct client *client)
{
    (void)client;
    sim_reload(sim);
}

static const struct {
    const char *name;
    void (*happens)(struct sim *sim, struct client *client);
    enum side side; /* who notices the moment; OUTCOME is noticed by whoever sees it */
    unsigned points;
    bool global;
} kinds[FAULT_KINDS] = {
    [FAULT_NONE] = {"none", NULL, SIDE_CLIENT, 0, false},
    [FAULT_CLIENT_FIN] = {"client-fin", client_fin, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_RST] = {"client-rst", client_rst, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_HALF] = {"client-half-close", client_half, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_STALL] = {"client-stall", client_stall, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_DEAF] = {"client-zero-window", client_deaf, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_EARLY] = {"client-early", client_early, SIDE_CLIENT,
                            P(ACCEPT) | P(STARTTLS) | P(DATA) | P(VERDICT) | P(END), false},
    [FAULT_CLIENT_TORN] = {"client-torn", client_torn, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_CLIENT_BROKEN] = {"client-broken-record", client_broken, SIDE_CLIENT, OF_CLIENT, false},
    [FAULT_UPSTREAM_FIN] = {"upstream-fin", upstream_fin, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_UPSTREAM_RST] = {"upstream-rst", upstream_rst, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_UPSTREAM_STALL] = {"upstream-stall", upstream_stall, SIDE_UPSTREAM, OF_ANSWERS | P(BODY), false},
    [FAULT_UPSTREAM_DEAF] = {"upstream-zero-window", upstream_deaf, SIDE_UPSTREAM, OF_ANSWERS | STREAMING,
                             false},
    [FAULT_UPSTREAM_SLOW] = {"upstream-slow", upstream_slow, SIDE_UPSTREAM, OF_ANSWERS, false},
    [FAULT_UPSTREAM_421] = {"upstream-421", upstream_421, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_UPSTREAM_GARBAGE] = {"upstream-garbage", upstream_garbage, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_UPSTREAM_EXTRA] = {"upstream-extra-reply", upstream_extra, SIDE_UPSTREAM,
                              COMMANDS | STREAMING | P(END) | P(RESET), false},
    [FAULT_UPSTREAM_TORN] = {"upstream-torn", upstream_torn, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_UPSTREAM_BROKEN] = {"upstream-broken-record", upstream_broken, SIDE_UPSTREAM, OF_UPSTREAM, false},
    [FAULT_DIAL_REFUSED] = {"dial-refused", dial_refused, SIDE_UPSTREAM, P(CONNECT), false},
    [FAULT_DIAL_HANGS] = {"dial-hangs", dial_hangs, SIDE_UPSTREAM, P(CONNECT), false},
    [FAULT_MEMORY_ONCE] = {"memory-once", memory_once, SIDE_CLIENT, OF_WORLD, true},
    [FAULT_MEMORY_FROM] = {"memory-from-then-on", memory_from, SIDE_CLIENT, OF_WORLD, true},
    [FAULT_DISK_FULL] = {"disk-full", disk_full, SIDE_CLIENT, OF_DISK, true},
    [FAULT_DISK_BROKEN] = {"disk-broken", disk_broken, SIDE_CLIENT, OF_DISK, true},
    [FAULT_DRAIN] = {"drain", drain, SIDE_CLIENT, OF_WORLD, true},
    [FAULT_RELOAD] = {"reload", reload, SIDE_CLIENT, OF_WORLD, true},
};

/* Numbered as in the fault catalogue; P1 (PROXY) and P20 (kept connections) are not met here. */
static const struct {
    const char *name;
    bool anybody; /* whoever sees it says so, for everybody */
} points[POINTS] = {
    [POINT_ACCEPT] = {"P0", false},   [POINT_CONNECT] = {"P2", true},   [POINT_BANNER] = {"P3", true},
    [POINT_EHLO] = {"P4", false},     [POINT_STARTTLS] = {"P5", false}, [POINT_SECURING] = {"P6", true},
    [POINT_AUTH] = {"P7", false},     [POINT_MAIL] = {"P8", false},     [POINT_RCPT] = {"P9", false},
    [POINT_DATA] = {"P10", false},    [POINT_HEADER] = {"P11", true},   [POINT_BODY] = {"P12", true},
    [POINT_LAST] = {"P13", true},     [POINT_VERDICT] = {"P14", true},  [POINT_END] = {"P15", true},
    [POINT_ACCEPTED] = {"P16", true}, [POINT_TOLD] = {"P17", false},    [POINT_RESET] = {"P18", false},
    [POINT_QUIT] = {"P19", false},
};

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

const char *point_name(enum point point)
{
    return points[point].name;
}

bool fault_applies(enum fault_kind kind, enum point point)
{
    return (kinds[kind].points >> point & 1u) != 0;
}

bool fault_is_global(enum fault_kind kind)
{
    return kinds[kind].global;
}

bool fault_is_of_tls(enum fault_kind kind, enum point point)
{
    static const unsigned kinds_of_tls = 1u << FAULT_CLIENT_TORN | 1u << FAULT_CLIENT_BROKEN |
                                         1u << FAULT_UPSTREAM_TORN | 1u << FAULT_UPSTREAM_BROKEN;

    return (kinds_of_tls >> kind & 1u) != 0 || ((SHAKING) >> point & 1u) != 0;
}

void faults_point(struct sim *sim, struct client *client, enum point point, enum side side)
{
    for (unsigned i = 0; i < FAULTS_MAX; i++) {
        struct fault *fault = &sim->faults[i];
        if (fault->kind == FAULT_NONE || fault->fired || fault->point != point ||
            &sim->clients[fault->client] != client)
            continue;
        if (!points[point].anybody && kinds[fault->kind].side != side)
            continue;
        if (fault->after != 0) {
            fault->after--;
            continue;
        }
        fault->fired = true;
        sim->totals->fired[fault->kind][point]++;
        sim_tell(sim, client, "!!", span_str(kinds[fault->kind].name));
        kinds[fault->kind].happens(sim, client);
    }
}
