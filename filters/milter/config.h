/* config.h: what proxy.yaml says of one milter. The keys are in options.c. */
#ifndef FILTERS_MILTER_CONFIG_H
#define FILTERS_MILTER_CONFIG_H

#include "filters/milter/circuit.h"
#include "filters/milter/map.h"
#include "filters/milter/resident.h"
#include "filters/milter/transport.h"
#include "postern/option.h"

enum milter_edits { MILTER_EDITS_NONE, MILTER_EDITS_HEADERS, MILTER_EDITS_ALL };
enum milter_envelope { MILTER_ENVELOPE_KEEP, MILTER_ENVELOPE_REFUSE, MILTER_ENVELOPE_EDIT };
enum milter_authenticated { MILTER_ANYBODY, MILTER_AUTHENTICATED, MILTER_NOT_AUTHENTICATED };

struct milter_config {
    const struct milter_transport *transport;
    const char *path; /* of a module */
    struct option_strings arguments;
    int64_t threads;
    uint64_t start_timeout;          /* ms */
    struct resident *resident;       /* NULL: none is called in this process */
    struct option_strings addresses; /* as channels want them; of a module its path */
    struct circuit *circuits;        /* one for each */
    atomic_bool *mentioned;          /* what the milter wants beyond what it is offered has been logged */
    int64_t failures;
    struct circuit_rule rule;
    uint64_t connect_timeout, command_timeout, content_timeout, eom_timeout; /* ms */
    int64_t protocol;                                                        /* the highest version */
    int edits, envelope;
    uint64_t max_body; /* octets of a body that takes the place of another */
    bool client_names;
    struct option_strings listeners;
    struct option_networks networks, except_networks;
    int authenticated;
    struct option_strings macros;
    struct map map;
};

/* What is offered to the milter. */
uint32_t milter_config_actions(const struct milter_config *config);

#endif
