/* options.c: the keys of the filter milter, and what they mean for the chain. */
#include "filters/milter/options.h"

#include "filters/milter/address.h"
#include "filters/milter/options_private.h"
#include "filters/networks.h"
#include "postern/filter_io.h"

/* --- opening -------------------------------------------------------------------------------------------- */

static int open_addresses(struct milter_config *config, struct filter_setup *setup)
{
    struct option_strings *list = &config->addresses;

    if (list->count == 0) {
        filter_complain(setup, "address", "is empty; allowed: one address or several");
        return -1;
    }
    for (size_t i = 0; i < list->count; i++) {
        char *address = filter_setup_alloc(setup, FILTER_CHANNEL_ADDRESS);
        if (address == NULL)
            return -1;
        if (!milter_address(list->items[i], address, FILTER_CHANNEL_ADDRESS)) {
            filter_complain(setup, "address",
                            "\"%s\" is no address of a milter; allowed: unix:/path, inet:port@host, "
                            "inet6:port@host, host:port",
                            list->items[i]);
            return -1;
        }
        list->items[i] = address;
    }
    return 0;
}

static int open_macros(struct milter_config *config, struct filter_setup *setup)
{
    for (size_t i = 0; i < config->macros.count; i++) {
        if (map_own_add(&config->map, config->macros.items[i]))
            continue;
        filter_complain(setup, "macros", "\"%s\" is no macro; allowed: name=value, %d of them at most",
                        config->macros.items[i], MAP_OWN_MAX);
        return -1;
    }
    return 0;
}

uint32_t milter_config_actions(const struct milter_config *config)
{
    uint32_t actions = MILTER_MAY_LIST_SYMBOLS;

    if (config->edits != MILTER_EDITS_NONE)
        actions |= MILTER_MAY_ADD_HEADERS | MILTER_MAY_CHANGE_HEADERS | MILTER_MAY_QUARANTINE;
    if (config->edits == MILTER_EDITS_ALL)
        actions |= MILTER_MAY_CHANGE_BODY;
    if (config->envelope != MILTER_ENVELOPE_KEEP)
        actions |=
            MILTER_MAY_CHANGE_SENDER | MILTER_MAY_ADD_RCPT | MILTER_MAY_ADD_RCPT_PAR | MILTER_MAY_DELETE_RCPT;
    return actions;
}

static int open_circuits(struct milter_config *config, struct filter_setup *setup)
{
    config->rule.failures = (unsigned)config->failures;
    config->circuits = filter_setup_alloc(setup, config->addresses.count * sizeof(*config->circuits));
    config->mentioned = filter_setup_alloc(setup, sizeof(*config->mentioned));
    return config->circuits != NULL && config->mentioned != NULL ? 0 : -1;
}

int milter_open_common(struct milter_config *config, struct filter_setup *setup, unsigned *edits)
{
    *edits |= FILTER_SEES_EDITS;
    if (config->edits != MILTER_EDITS_NONE)
        *edits |= FILTER_EDITS_MESSAGE | FILTER_EXACT_HEADERS | FILTER_QUARANTINES;
    if (config->edits == MILTER_EDITS_ALL)
        *edits |= FILTER_EDITS_BODY;
    if (config->envelope == MILTER_ENVELOPE_EDIT)
        *edits |= FILTER_EDITS_ENVELOPE;
    if (config->client_names)
        *edits |= FILTER_NEEDS_CLIENT_NAME;
    networks_sort(&config->networks);
    networks_sort(&config->except_networks);
    filter_time_limit(setup, config->eom_timeout);
    return open_circuits(config, setup) == 0 ? open_macros(config, setup) : -1;
}

int milter_options_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct milter_config *config = opened;

    (void)interests;
    config->transport = &milter_by_channel;
    return open_addresses(config, setup) == 0 ? milter_open_common(config, setup, edits) : -1;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

const char *const milter_edits_words[] = {"none", "headers", "all", NULL};
const char *const milter_envelope_words[] = {"keep", "refuse", "edit", NULL};
const char *const milter_authenticated_words[] = {"any", "yes", "no", NULL};

const struct option milter_options[] = {
    {.key = "address",
     .type = OPTION_STRINGS,
     AT(addresses),
     .required = true,
     .help = "Where the milter listens: unix:/path, inet:port@host, inet6:port@host or host:port; of several "
             "the first that takes the connection."},
    TIME(connect_timeout, "10s", "Time for a connection to each address."),
    {.key = "protocol",
     .type = OPTION_INT,
     AT(protocol),
     .fallback = "6",
     .min = MILTER_VERSION_MIN,
     .max = MILTER_VERSION_MAX,
     .help = "The highest version of the milter protocol that is spoken."},
    MILTER_OPTIONS_COMMON,
    {.key = NULL}};
