/* structure.c: what becomes of messages that are malformed, or that can be read in two ways. Finding that out
 * is left to the reader of messages. */
#include <stdio.h>

#include "filters/filters.h"
#include "filters/refusal.h"

struct structure_config {
    struct option_strings reject, tempfail, log;
    const char *reply;
    struct refusal refusal;
    uint64_t rejected, tempfailed, logged; /* bits in the order of filter_anomaly() */
};

/* The bit of an anomaly; 0: there is none of this name. */
static uint64_t bit_of(struct span name)
{
    const char *known;

    for (unsigned n = 0; (known = filter_anomaly(n)) != NULL; n++)
        if (span_eq(span_str(known), name))
            return UINT64_C(1) << n;
    return 0;
}

/* "all" stands for every one. */
static int read_names(const struct option_strings *names, const char *key, struct filter_setup *setup,
                      uint64_t *out)
{
    int rc = 0;

    for (size_t i = 0; i < names->count; i++) {
        uint64_t bit =
            span_eq(span_str(names->items[i]), SPAN("all")) ? UINT64_MAX : bit_of(span_str(names->items[i]));
        char path[64];
        *out |= bit;
        if (bit != 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s[%zu]", key, i);
        filter_complain(setup, path,
                        "\"%s\" is no anomaly; allowed: all, or a name of those in config/README.md",
                        names->items[i]);
        rc = -1;
    }
    return rc;
}

static int structure_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct structure_config *config = opened;
    int rc = read_names(&config->reject, "reject", setup, &config->rejected);

    (void)interests;
    (void)edits;
    rc |= read_names(&config->tempfail, "tempfail", setup, &config->tempfailed);
    rc |= read_names(&config->log, "log", setup, &config->logged);
    return refusal_parse(&config->refusal, config->reply, setup, "reply") != 0 ? -1 : rc;
}

static enum verdict structure_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                                      const struct filter_piece *piece)
{
    const struct structure_config *config = filter_config(ctx);
    uint64_t bit = piece->kind == FILTER_PART_ANOMALY ? bit_of(piece->name) : 0;

    if ((bit & config->logged) != 0)
        filter_log(ctx, "part %u: %.*s", part->index, (int)piece->name.len, piece->name.ptr);
    if ((bit & (config->rejected | config->tempfailed)) == 0)
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "part %u: %.*s", part->index, (int)piece->name.len, piece->name.ptr);
    if ((bit & config->rejected) != 0)
        return refusal_give(ctx, &config->refusal);
    filter_set_reply(ctx, 451, "4.6.0", "Message cannot be read with certainty");
    return VERDICT_TEMPFAIL;
}

static const struct option structure_options[] = {
    {.key = "reject",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct structure_config, reject),
     .help = "Anomalies for which a message is refused; all stands for every one."},
    {.key = "tempfail",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct structure_config, tempfail),
     .help = "Anomalies for which it is put off."},
    {.key = "log",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct structure_config, log),
     .help = "Anomalies that are only logged."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct structure_config, reply),
     .fallback = "554 5.6.0 Message cannot be read with certainty",
     .help = "The reply of reject."},
    {.key = NULL}};

const struct filter filter_structure = {
    .api = FILTER_API,
    .name = "structure",
    .help = "Decides about messages that are malformed or can be read in two ways.",
    .options = structure_options,
    .config_size = sizeof(struct structure_config),
    .open = structure_open,
    .on_part = structure_on_part,
};
