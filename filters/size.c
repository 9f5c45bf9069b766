/* size.c: how large a message may be, by client and listener. What SIZE announces is left to extensions.c,
 * the limit that holds for everybody to the session core. */
#include <inttypes.h>

#include "filters/filters.h"
#include "filters/networks.h"
#include "filters/refusal.h"

struct size_rule {
    struct option_networks clients;
    struct option_strings listeners;
    uint64_t limit;
};

struct size_config {
    uint64_t limit;
    struct option_rows rules; /* of struct size_rule */
    const char *reply;
    struct refusal refusal;
};

static bool lists(const struct option_strings *names, struct span name)
{
    for (size_t i = 0; i < names->count; i++)
        if (span_eq(span_str(names->items[i]), name))
            return true;
    return false;
}

/* The limit for the session; 0: none. */
static uint64_t limit_of(const struct size_config *config, const struct filter_facts *facts)
{
    const struct size_rule *rules = config->rules.items;

    for (size_t i = 0; i < config->rules.count; i++) {
        const struct size_rule *rule = &rules[i];
        if (rule->clients.count != 0 &&
            !networks_match(&rule->clients, facts->client_family, facts->client_address))
            continue;
        if (rule->listeners.count == 0 || lists(&rule->listeners, facts->listener))
            return rule->limit;
    }
    return config->limit;
}

/* size-value = 1*20DIGIT ; RFC 1870 6
 * The value of SIZE among a MAIL's parameters, which have been checked; 0 when there is none. */
static uint64_t announced(struct span parameters)
{
    static const struct span key = {"SIZE=", 5};
    uint64_t size = 0;

    while (parameters.len != 0 && !span_starts_nocase(parameters, key)) {
        const char *space = memchr(parameters.ptr, ' ', parameters.len);
        if (space == NULL)
            return 0;
        parameters = span_skip(parameters, (size_t)(space - parameters.ptr) + 1);
    }
    for (size_t i = key.len; i < parameters.len && parameters.ptr[i] != ' '; i++) {
        uint64_t digit = (uint64_t)(parameters.ptr[i] - '0');
        if (size > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        size = size * 10 + digit;
    }
    return size;
}

static enum verdict judge(struct filter_ctx *ctx, uint64_t size)
{
    const struct size_config *config = filter_config(ctx);
    uint64_t limit = limit_of(config, filter_facts(ctx));

    if (limit == 0 || size <= limit)
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "more than %" PRIu64 " octets", limit);
    return refusal_give(ctx, &config->refusal);
}

static enum verdict size_on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    return judge(ctx, announced(reverse_path->parameters));
}

static enum verdict size_on_content(struct filter_ctx *ctx, struct span bytes)
{
    (void)bytes;
    return judge(ctx, filter_facts(ctx)->size);
}

static int size_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct size_config *config = opened;
    struct size_rule *rules = config->rules.items;

    (void)interests, (void)edits;
    for (size_t i = 0; i < config->rules.count; i++)
        networks_sort(&rules[i].clients);
    return refusal_parse(&config->refusal, config->reply, setup, "reply");
}

#define RULE(name) offsetof(struct size_rule, name)
static const struct option size_rule_options[] = {
    {.key = "clients",
     .type = OPTION_NETWORKS,
     .offset = RULE(clients),
     .help = "Addresses and networks of clients; all when absent."},
    {.key = "listeners",
     .type = OPTION_STRINGS,
     .offset = RULE(listeners),
     .help = "Names of listeners, or their addresses where they have none; all when absent."},
    {.key = "limit",
     .type = OPTION_SIZE,
     .offset = RULE(limit),
     .required = true,
     .help = "Octets of a message; 0: no limit here."},
    {.key = NULL}};

#define KEY(name) offsetof(struct size_config, name)
static const struct option size_options[] = {
    {.key = "limit",
     .type = OPTION_SIZE,
     .offset = KEY(limit),
     .help = "Octets of a message where no rule fits; 0: no limit here."},
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = KEY(rules),
     .row = size_rule_options,
     .row_size = sizeof(struct size_rule),
     .help = "The first that fits the session decides."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = KEY(reply),
     .fallback = "552 5.3.4 Message size exceeds the limit",
     .help = "The refusal: code, enhanced code, text."},
    {.key = NULL}};

const struct filter filter_size = {
    .api = FILTER_API,
    .name = "size",
    .help = "Limits the size of messages by client and listener.",
    .options = size_options,
    .config_size = sizeof(struct size_config),
    .open = size_open,
    .on_mail = size_on_mail,
    .on_content = size_on_content,
};
