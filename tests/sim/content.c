/* content.c: opens the filters that look into messages from a configuration, and puts them into chains. */
#include "content.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chain/registry.h"
#include "chain/state.h"
#include "config/config.h"
#include "filters/filters.h"
#include "sim.h"

#define KINDS_MAX 8

static const char text[] =
    "listeners: 25\n"
    "upstreams: '192.0.2.1:25'\n"
    "filters:\n"
    "  - clamav: {address: 'clamd.example:3310', on_failure: tempfail}\n"
    "  - spamassassin: {address: 'spamd.example:783', reject_score: 5, on_failure: pass, too_large: pass}\n"
    "  - attachments: {rules: [{names: '*.exe', action: reject}, {detected: 'application/x-dosexec', "
    "action: reject}]}\n"
    "  - regex: {rules: [{on: text, pattern: 'no such words [0-9]+z', action: reject}, {on: filename, "
    "pattern: '[.]exe$', action: reject}, {on: raw, pattern: 'nor [0-9]{20}these', action: reject}]}\n"
    "  - headers: {rules: [{action: remove, name: X-Never}]}\n"
    "  - structure: {tempfail: [partial]}\n";

static struct settings *opened;
static struct filter copies[KINDS_MAX]; /* they outlive the chains that they are in */

bool content_ready(void)
{
    char path[] = "/tmp/sim.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0)
        return false;
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    if (write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1)
        opened = config_load(path, stderr);
    (void)close(fd);
    (void)unlink(path);
    return opened != NULL && opened->chain->count <= KINDS_MAX;
}

void content_done(void)
{
    if (opened != NULL)
        settings_unref(opened);
    opened = NULL;
}

static void add(struct sim *sim, unsigned which)
{
    struct chain_member member = opened->chain->members[which].as;

    copies[which] = *member.filter;
    copies[which].shut = NULL;
    member.filter = &copies[which];
    (void)chain_add(sim->config.settings.chain, &member);
    sim->clamav = sim->clamav || span_eq(span_str(member.name), SPAN("clamav"));
    sim->patience += 4 * member.time_limit;
}

void content_draw(struct sim *sim)
{
    struct dice dice = dice_for(sim->seed, DICE_CONTENT, 0);

    if (sim->forced || sim->config.encrypts || !dice_percent(&dice, 25))
        return;
    sim->content = true;
    for (unsigned i = 0; i < opened->chain->count; i++)
        if (dice_percent(&dice, 50))
            add(sim, i);
    sim->daemons_play = dice_percent(&dice, 50);
    for (unsigned i = 0; sim->daemons_play && i + 1 < sim->count; i++) {
        sim->clients[i].upset = true;
        sim->clients[i].plain = false;
    }
}
