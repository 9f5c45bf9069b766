/* extensions.c: which SMTP extensions are offered. Holding a client to what was offered, verb and parameter
 * alike, is left to the session core. */
#include <inttypes.h>
#include <stdio.h>

#include "filters/filters.h"

struct extensions_config {
    struct option_strings only, allow, deny;
    uint64_t size;
};

static void extensions_on_capabilities(struct filter_ctx *ctx, struct filter_capabilities *capabilities)
{
    const struct extensions_config *config = filter_config(ctx);
    char size[24];

    if (config->only.count != 0)
        filter_hide_others(capabilities, &config->only);
    for (size_t i = 0; i < config->allow.count; i++)
        filter_allow(capabilities, span_str(config->allow.items[i]));
    for (size_t i = 0; i < config->deny.count; i++)
        filter_hide(capabilities, span_str(config->deny.items[i]));
    if (config->size == 0 || !filter_offers(capabilities, SPAN("SIZE")))
        return;
    (void)snprintf(size, sizeof(size), "%" PRIu64, config->size);
    if (filter_set_arguments(capabilities, SPAN("SIZE"), span_str(size)) != 0)
        filter_log(ctx, "SIZE cannot be announced as %s", size);
}

static const struct option extensions_options[] = {
    {.key = "deny",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct extensions_config, deny),
     .help = "Keywords that are hidden; their verbs and parameters are refused."},
    {.key = "only",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct extensions_config, only),
     .help = "If given, every other keyword but those under `allow` is hidden; STARTTLS, which is the "
             "listener's, only by `deny`."},
    {.key = "allow",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct extensions_config, allow),
     .help = "Keywords that are hidden by default and shall be offered when the upstream offers them: VRFY, "
             "EXPN, ETRN, MT-PRIORITY, FUTURERELEASE, MTRK, XVERP."},
    {.key = "size",
     .type = OPTION_SIZE,
     .offset = offsetof(struct extensions_config, size),
     .help = "What SIZE announces instead of the smaller of the upstream's and Postern's limit."},
    {.key = NULL}};

const struct filter filter_extensions = {
    .api = FILTER_API,
    .name = "extensions",
    .help = "Decides which SMTP extensions are offered.",
    .options = extensions_options,
    .config_size = sizeof(struct extensions_config),
    .on_capabilities = extensions_on_capabilities,
};
