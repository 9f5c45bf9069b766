/* config.c: draws settings and a chain of test filters. What the filters do is left to filter.c. */
#include "config.h"

#include "filter.h"
#include "lab_tls_keys.h"
#include "sim.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)

static void draw_limits(struct settings_limits *limits, struct dice *dice)
{
    *limits = (struct settings_limits){.local_part = 64,
                                       .domain = 255,
                                       .path = 256,
                                       .command_line = 512,
                                       .auth_line = 12288,
                                       .text_line = dice_percent(dice, 30) ? 1000 : 0,
                                       .recipients = dice_percent(dice, 20) ? 2 : 100,
                                       .transactions = dice_percent(dice, 10) ? 2 : 0,
                                       .message_size = dice_percent(dice, 20) ? 20000 : 0,
                                       .header_size = dice_percent(dice, 50) ? 2048 : 1 << 20,
                                       .header_field = 1 << 16,
                                       .header_count = 1000,
                                       .hops = 100,
                                       .reply_lines = 128,
                                       .transaction_memory = dice_percent(dice, 30) ? 16384 : 1 << 20,
                                       .spool_memory = UINT64_C(4096) * dice_below(dice, 3),
                                       .sessions = dice_percent(dice, 5) ? 2 : 0};
}

static const struct settings_timeouts timeouts = {.command = 5 * MINUTE,
                                                  .data_block = 3 * MINUTE,
                                                  .write = 5 * MINUTE,
                                                  .connect = 30 * SECOND,
                                                  .greeting = 5 * MINUTE,
                                                  .helo = 5 * MINUTE,
                                                  .mail = 5 * MINUTE,
                                                  .rcpt = 5 * MINUTE,
                                                  .data = 2 * MINUTE,
                                                  .upstream_block = 3 * MINUTE,
                                                  .end_of_data = 10 * MINUTE,
                                                  .reply = 5 * MINUTE,
                                                  .drain = 30 * SECOND,
                                                  .handshake = 30 * SECOND};

uint64_t config_patience(const struct config *config)
{
    const uint64_t *limit = (const uint64_t *)&config->settings.timeouts;
    uint64_t sum = MINUTE;

    for (size_t i = 0; i < sizeof(struct settings_timeouts) / sizeof(uint64_t); i++)
        sum += limit[i];
    for (unsigned i = 0; i < config->count; i++)
        sum += config->filters[i].member.time_limit;
    return sum + timeouts.connect + timeouts.greeting + 2 * timeouts.handshake; /* the second upstream */
}

static void release(struct settings *settings)
{
    chain_free(settings->chain);
    settings->chain = NULL;
}

static void draw_filter(struct sim *sim, struct sim_filter *filter, unsigned index, struct dice *dice)
{
    static const unsigned edits[] = {0, 0, FILTER_EDITS_HEADERS, FILTER_EDITS_MESSAGE};
    unsigned some = (unsigned)dice_throw(dice);

    *filter = (struct sim_filter){.sim = sim, .index = index, .mischief = 5u * dice_below(dice, 5)};
    filter->thinks = sim->forced || dice_percent(dice, 20);
    filter->member = (struct chain_member){.filter = &sim_filter_itself,
                                           .name = "sim",
                                           .config = filter,
                                           .interests = some & (unsigned)dice_throw(dice),
                                           .edits = edits[dice_below(dice, 4)],
                                           .mode = dice_percent(dice, 20) ? CHAIN_OBSERVE : CHAIN_ENFORCE,
                                           .on_failure = (enum chain_failure)dice_below(dice, 3),
                                           .time_limit = 10 * SECOND};
    if (filter->thinks)
        filter->member.interests |= 1u << FILTER_END_OF_MESSAGE;
    if (filter->member.edits == FILTER_EDITS_HEADERS)
        filter->member.interests |= 1u << FILTER_END_OF_HEADERS;
    if (filter->member.edits == FILTER_EDITS_MESSAGE)
        filter->member.interests |= 1u << FILTER_END_OF_MESSAGE;
}

/* What it edits beside the top of the header section, and what it sees of the doings of others. */
static void draw_edits(struct sim *sim, struct sim_filter *filter)
{
    struct dice dice = dice_for(sim->seed, DICE_EDITS, filter->index);
    struct chain_member *member = &filter->member;

    filter->prepends = dice_percent(&dice, 30);
    filter->rewrites = member->edits != 0 && dice_percent(&dice, 30);
    if (filter->rewrites)
        member->edits |= FILTER_EDITS_BODY;
    if (dice_percent(&dice, 40)) {
        member->edits |= FILTER_SEES_EDITS;
        member->interests |= 1u << FILTER_HEADER | 1u << FILTER_END_OF_HEADERS;
    }
}

/* Who changes envelopes: then the upstream is asked for content late. */
static void draw_envelope(struct sim *sim, struct sim_filter *filter)
{
    struct dice dice = dice_for(sim->seed, DICE_ENVELOPE, filter->index);

    filter->judges = dice_percent(&dice, 20);
    if (filter->judges)
        filter->member.interests |= 1u << FILTER_RECIPIENT;
    filter->readdresses = dice_percent(&dice, 20);
    if (!filter->readdresses)
        return;
    filter->member.edits |= FILTER_EDITS_ENVELOPE;
    filter->member.interests |= 1u << FILTER_END_OF_MESSAGE;
}

/* A filter that sees edits begins a pass when somebody has edited in the last one. */
static void divide(struct config *config)
{
    unsigned pass = 0, edits = 0;

    for (unsigned i = 0; i < config->count; i++) {
        struct chain_member *member = &config->filters[i].member;
        if ((member->edits & FILTER_SEES_EDITS) != 0 && edits != 0) {
            pass++;
            edits = 0;
        }
        config->filters[i].pass = pass;
        if (member->mode == CHAIN_ENFORCE)
            edits |= member->edits & (FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE | FILTER_EDITS_BODY);
    }
}

/* A fault that is given shall meet what it is about: a disk that is used, a filter that thinks. */
static void suit(struct sim *sim, struct config *config)
{
    const struct fault *fault = &sim->faults[0];

    if (!sim->forced)
        return;
    config->settings.limits.sessions = 0;
    config->settings.limits.transactions = 0;
    for (unsigned i = 0; i < config->count; i++)
        config->filters[i].mischief = 0;
    if (fault->kind == FAULT_DISK_FULL || fault->kind == FAULT_DISK_BROKEN) {
        config->filters[0].member.edits = FILTER_EDITS_MESSAGE;
        config->settings.limits.spool_memory = 0;
    }
}

static void draw_settings(struct settings *settings, struct dice *dice)
{
    settings->hostname = "proxy.example";
    settings->connect = (int)dice_below(dice, 3);
    settings->trace = (int)dice_below(dice, 2);
    settings->line_endings = (int)dice_below(dice, 2);
    settings->chunking = (int)dice_below(dice, 3);
    settings->upstream_greeting = dice_percent(dice, 50);
    settings->greeting = "ESMTP";
    settings->timeouts = timeouts;
    settings->release = release;
    draw_limits(&settings->limits, dice);
}

static const struct lab_tls_terms usual;

bool config_ready(void)
{
    return lab_tls_server(&usual) != NULL && lab_tls_client(&usual) != NULL;
}

/* Handshakes are dear: few seeds have them, and faults that are about them. */
static void draw_tls(struct sim *sim, struct config *config)
{
    const struct fault *fault = &sim->faults[0];
    struct dice dice = dice_for(sim->seed, DICE_TLS, 0);
    bool meant = sim->forced && fault_is_of_tls(fault->kind, fault->point);
    int client = (int)dice_below(&dice, CLIENT_TLS_IMPLICIT + 1);
    int upstream = (int)dice_below(&dice, UPSTREAM_TLS_MIRROR + 1);

    if (!meant && (sim->forced || !dice_percent(&dice, 5)))
        return;
    config->encrypts = true;
    if (meant) {
        client = CLIENT_TLS_STARTTLS;
        upstream = UPSTREAM_TLS_REQUIRED;
    }
    config->listener.tls = client;
    config->listener.tls_server = client != CLIENT_TLS_NONE ? lab_tls_server(&usual) : NULL;
    for (unsigned i = 0; i < 2; i++) {
        config->upstreams[i].tls = upstream;
        config->upstreams[i].tls_client = upstream != UPSTREAM_TLS_NONE ? lab_tls_client(&usual) : NULL;
    }
}

void config_draw(struct sim *sim)
{
    struct config *config = &sim->config;
    struct settings *settings = &config->settings;
    struct dice dice = dice_for(sim->seed, DICE_CONFIG, 0);

    draw_settings(settings, &dice);
    config->upstreams[0] =
        (struct settings_upstream){.host = "192.0.2.1", .port = 25, .address = "192.0.2.1:25"};
    config->upstreams[1] =
        (struct settings_upstream){.host = "192.0.2.2", .port = 25, .address = "192.0.2.2:25"};
    config->listener = (struct settings_listener){.name = "sim", .address = "25", .port = 25};
    draw_tls(sim, config);
    settings->listeners = (struct option_rows){&config->listener, 1};
    settings->upstreams = (struct option_rows){config->upstreams, 1 + dice_below(&dice, 2)};
    config->count = sim->forced ? 1 : dice_below(&dice, FILTERS_MAX + 1);
    for (unsigned i = 0; i < config->count; i++) {
        draw_filter(sim, &config->filters[i], i, &dice);
        draw_edits(sim, &config->filters[i]);
        draw_envelope(sim, &config->filters[i]);
    }
    suit(sim, config);
    divide(config);
    settings->chain = chain_new();
    for (unsigned i = 0; i < config->count; i++)
        (void)chain_add(settings->chain, &config->filters[i].member);
}
