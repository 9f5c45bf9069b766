/* milters.c: opens milters from a drawn configuration, puts them behind the other filters of a chain, and
 * notes for whom each connection is dialled. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain/state.h"
#include "config/config.h"
#include "filters/filters.h"
#include "sim.h"

static struct filter ours; /* theirs, but for the three that may dial */

static struct sim_milter *milter_of(struct filter_ctx *ctx)
{
    struct sim_milter *milter = sim_current->milters;

    while (milter->config != filter_config(ctx))
        milter++;
    return milter;
}

static const struct lab_dial *last_dial(void)
{
    return TAILQ_LAST(&sim_current->lab.dials, lab_dials);
}

/* The dial that has just begun, if one has, is for this session. */
static void expect(struct filter_ctx *ctx, const struct lab_dial *before)
{
    struct sim_milter *milter = milter_of(ctx);
    struct sim *sim = milter->sim;
    const struct lab_dial *dial = last_dial();
    struct milter_end *end = &sim->milter_ends[sim->milter_end_count];

    if (dial == NULL || dial == before || dial->port != MILTER_PORT + milter->index)
        return;
    for (unsigned i = 0; i < sim->milter_end_count; i++)
        if (sim->milter_ends[i].dial == dial)
            end = &sim->milter_ends[i];
    if (end == &sim->milter_ends[MILTER_ENDS_MAX])
        return;
    if (end == &sim->milter_ends[sim->milter_end_count])
        sim->milter_end_count++;
    *end = (struct milter_end){.of = milter, .dial = dial};
    end->client = &sim->clients[filter_facts(ctx)->client_port - 40000];
}

static enum verdict on_connect(struct filter_ctx *ctx)
{
    const struct lab_dial *before = last_dial();
    enum verdict verdict = filter_milter.on_connect(ctx);

    expect(ctx, before);
    return verdict;
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    const struct lab_dial *before = last_dial();
    enum verdict verdict = filter_milter.on_helo(ctx, name);

    expect(ctx, before);
    return verdict;
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    const struct lab_dial *before = last_dial();
    enum verdict verdict = filter_milter.on_mail(ctx, path);

    expect(ctx, before);
    return verdict;
}

/* One row of the list of filters, and what is to be remembered of it. */
static void draw_row(struct sim *sim, unsigned index, struct lab_bytes *text)
{
    static const char *const edits[] = {"none", "headers", "all"};
    static const char *const failures[] = {"tempfail", "pass", "reject", "shutdown"};
    static const unsigned actions[] = {0x100, 0x131, 0x133};
    static const unsigned versions[] = {6, 6, 6, 5, 4, 3, 2};
    struct dice dice = dice_for(sim->seed, DICE_MILTER, index);
    struct sim_milter *milter = &sim->milters[index];
    unsigned edit = dice_below(&dice, 3), version = versions[dice_below(&dice, 7)];
    bool envelope = dice_percent(&dice, 50);
    char row[400];

    if (sim->forced) {
        edit = 2;
        version = 6;
    }
    *milter = (struct sim_milter){.sim = sim, .index = index, .editor = FILTERS_MAX + index};
    milter->version = version;
    milter->actions = actions[edit] | (envelope ? 0xccu : 0);
    if (version < 6)
        milter->actions &= 0x3f;
    milter->mischief = sim->forced ? 0 : 15 * dice_below(&dice, 5);
    milter->on_failure = dice_below(&dice, 4);
    milter->observed = !sim->forced && dice_percent(&dice, 10);
    milter->prepends = dice_percent(&dice, 40);
    (void)snprintf(row, sizeof(row),
                   "  - milter: {name: m%u, address: 'inet:%u@milter.example', edits: %s, envelope: %s, "
                   "on_failure: %s, mode: %s, protocol: %u, failures: 0, connect_timeout: 2s, "
                   "command_timeout: 3s, content_timeout: 3s, eom_timeout: 10s}\n",
                   index, MILTER_PORT + index, edits[edit], envelope ? "edit" : "keep",
                   failures[milter->on_failure], milter->observed ? "observe" : "enforce", version);
    lab_bytes_add(text, span_str(row));
}

static struct settings *load(struct span text)
{
    int fd = memfd_create("milters", MFD_CLOEXEC);
    char path[40];
    struct settings *settings = NULL;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len)
        settings = config_load(path, stderr);
    (void)close(fd);
    return settings;
}

void milters_draw(struct sim *sim)
{
    struct dice dice = dice_for(sim->seed, DICE_MILTER, 99);
    unsigned count = sim->forced_milter        ? 1
                     : dice_percent(&dice, 25) ? 1 + dice_below(&dice, MILTERS_MAX)
                                               : 0;
    struct lab_bytes text = {0};

    if ((sim->forced && !sim->forced_milter) || count == 0)
        return;
    lab_bytes_add(&text, SPAN("listeners: 25\nupstreams: '192.0.2.1:25'\nfilters:\n"));
    for (unsigned i = 0; i < count; i++)
        draw_row(sim, i, &text);
    sim->milters_opened = load(lab_bytes_from(&text, 0));
    lab_bytes_free(&text);
    if (sim->milters_opened == NULL) {
        sim_fail(sim, "configuration", "milters cannot be had");
        return;
    }
    ours = filter_milter;
    ours.on_connect = on_connect;
    ours.on_helo = on_helo;
    ours.on_mail = on_mail;
    for (unsigned i = 0; i < count; i++) {
        struct chain_member member = sim->milters_opened->chain->members[i].as;
        sim->milters[i].config = member.config;
        member.filter = &ours;
        (void)chain_add(sim->config.settings.chain, &member);
        sim->patience += 4 * member.time_limit;
    }
    sim->milter_count = count;
}

void milters_free(struct sim *sim)
{
    for (unsigned i = 0; i < sim->milter_end_count; i++)
        milter_end_free(&sim->milter_ends[i]);
    if (sim->milters_opened != NULL)
        settings_unref(sim->milters_opened);
}
