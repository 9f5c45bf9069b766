/* options.c: the keys of the filter milter, and what they mean for the chain. */
#include "filters/milter/options.h"

#include "filters/milter/address.h"
#include "filters/milter/config.h"
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
    config->circuits = filter_setup_alloc(setup, list->count * sizeof(*config->circuits));
    config->mentioned = filter_setup_alloc(setup, sizeof(*config->mentioned));
    return config->circuits != NULL && config->mentioned != NULL ? 0 : -1;
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

int milter_options_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct milter_config *config = opened;

    (void)interests;
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
    config->rule.failures = (unsigned)config->failures;
    filter_time_limit(setup, config->eom_timeout);
    return open_addresses(config, setup) == 0 ? open_macros(config, setup) : -1;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

#define AT(member) .offset = offsetof(struct milter_config, member)
#define TIME(name, standard, says)                                                                           \
    {                                                                                                        \
        .key = #name, .type = OPTION_DURATION, AT(name), .fallback = (standard), .min = 1, .max = 86400000,  \
        .help = (says)                                                                                       \
    }

static const char *const edits_words[] = {"none", "headers", "all", NULL};
static const char *const envelope_words[] = {"keep", "refuse", "edit", NULL};
static const char *const authenticated_words[] = {"any", "yes", "no", NULL};

const struct option milter_options[] = {
    {.key = "address",
     .type = OPTION_STRINGS,
     AT(addresses),
     .required = true,
     .help = "Where the milter listens: unix:/path, inet:port@host, inet6:port@host or host:port; of several "
             "the first that takes the connection."},
    TIME(connect_timeout, "10s", "Time for a connection to each address."),
    TIME(command_timeout, "30s", "Time for an answer to what comes before the content."),
    TIME(content_timeout, "2m",
         "Time for an answer to a header field, to a piece of the body and at the end of the message; there "
         "the milter can ask for more."),
    TIME(eom_timeout, "4m",
         "Time for all answers to one question together, however often the milter asks for more; counts "
         "instead of time_limit when it is longer."),
    {.key = "failures",
     .type = OPTION_INT,
     AT(failures),
     .fallback = "5",
     .min = 0,
     .max = 1000000,
     .help = "After so many failures in a row an address is not tried for retry_after; 0: it always is."},
    {.key = "retry_after",
     .type = OPTION_DURATION,
     AT(rule.pause),
     .fallback = "30s",
     .min = 1,
     .max = 86400000,
     .help = "How long an address that keeps failing is left alone."},
    {.key = "protocol",
     .type = OPTION_INT,
     AT(protocol),
     .fallback = "6",
     .min = MILTER_VERSION_MIN,
     .max = MILTER_VERSION_MAX,
     .help = "The highest version of the milter protocol that is spoken."},
    {.key = "edits",
     .type = OPTION_ENUM,
     AT(edits),
     .fallback = "all",
     .words = edits_words,
     .help = "What of a message the milter may change: nothing, its header section, or its body, too. Unless "
             "that "
             "is none each message is held back for it, and it may send it into the quarantine."},
    {.key = "envelope",
     .type = OPTION_ENUM,
     AT(envelope),
     .fallback = "keep",
     .words = envelope_words,
     .help =
         "Whether the milter may change sender and recipients: it is told that it may not; it is told that "
         "it "
         "may, but has failed where it does; or it may, and the upstream is given the envelope once more."},
    {.key = "max_body",
     .type = OPTION_SIZE,
     AT(max_body),
     .fallback = "64MiB",
     .min = 0,
     .max = INT64_MAX,
     .help = "Octets of a new body that are taken from the milter at most."},
    {.key = "client_names",
     .type = OPTION_BOOL,
     AT(client_names),
     .fallback = "false",
     .help = "Whether the name of the client is looked up for the milter, which costs time in each session; "
             "otherwise it is told the address in brackets."},
    {.key = "listeners",
     .type = OPTION_STRINGS,
     AT(listeners),
     .help = "Only sessions of these listeners are shown to the milter; when absent those of all."},
    {.key = "networks",
     .type = OPTION_NETWORKS,
     AT(networks),
     .help = "Only clients from here are shown; when absent all."},
    {.key = "except_networks",
     .type = OPTION_NETWORKS,
     AT(except_networks),
     .help = "Clients from here are not shown."},
    {.key = "authenticated",
     .type = OPTION_ENUM,
     AT(authenticated),
     .fallback = "any",
     .words = authenticated_words,
     .help = "Whether only messages of clients that have, or have not, authenticated are shown."},
    {.key = "macros",
     .type = OPTION_STRINGS,
     AT(macros),
     .help = "Macros with values of your own, name=value; without a value the macro is not sent."},
    {.key = NULL}};
