/* sim.h: one simulation: the session core between clients and upstreams in one world in memory, everything
 * drawn from a seed. What each actor does is in its own file. */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>

#include "client.h"
#include "config.h"
#include "content.h"
#include "daemon.h"
#include "faults.h"
#include "ledger.h"
#include "milter.h"
#include "session/server.h"

#define CLIENTS_MAX   5
#define UPSTREAMS_MAX 96
#define FAULTS_MAX    3
#define DAEMONS_MAX   64

enum dice_of {
    DICE_WORLD = 1,
    DICE_CONFIG,
    DICE_CLIENT,
    DICE_UPSTREAM,
    DICE_FILTER,
    DICE_FAULTS,
    DICE_TLS,
    DICE_EDITS,
    DICE_ENVELOPE,
    DICE_CONTENT,
    DICE_MILTER
};

/* Memory that fails: at the `after`-th allocation from now, once or from then on. */
struct scarcity {
    uint64_t calls; /* in all */
    unsigned after;
    bool armed, lasting, failing;
};

/* Sums over many simulations. */
struct totals {
    uint64_t sessions, messages, stored, seeds;
    uint64_t fired[FAULT_KINDS][POINTS];
    uint64_t daemons[DAEMON_TRICKS][DAEMON_STAGES];
    uint64_t milters[MILTER_TRICKS][MILTER_STEPS];
    uint64_t milter_packets, milter_edits; /* messages that were stored with edits of a milter */
    bool brief;                            /* failures are named, not told */
};

struct sim {
    struct lab lab;
    uint64_t seed;
    struct dice dice;
    struct config config;
    struct server *server;
    struct client clients[CLIENTS_MAX]; /* the last one is the one after all faults */
    unsigned count;
    struct upstream upstreams[UPSTREAMS_MAX];
    unsigned connections;
    struct daemon_end daemons[DAEMONS_MAX];
    unsigned daemon_count;
    struct settings *milters_opened;
    struct sim_milter milters[MILTERS_MAX];
    unsigned milter_count;
    struct milter_end milter_ends[MILTER_ENDS_MAX];
    unsigned milter_end_count;
    struct milter_plan forced_plan;
    bool forced_milter; /* the trick of a milter is given, not a fault */
    uint64_t patience;  /* milliseconds that the filters of content may take beyond what others may */
    struct fault faults[FAULTS_MAX];
    struct scarcity memory;
    struct lab_bytes transcript;
    struct totals *totals;
    size_t most_blocks;
    bool forced;                /* the fault is given, not drawn */
    bool drain_due, reload_due; /* done between steps, as by a signal */
    bool draining, emptied;
    bool was_scarce; /* memory or the disk has failed */
    bool content;    /* filters that look into messages are in the chain, and among them */
    bool clamav;
    bool daemons_play; /* tricks */
    bool failed;
};

/* Runs it; false: an invariant does not hold, which has been reported. */
bool sim_run(uint64_t seed, struct totals *totals);
/* The same with one fault given, in the first client's session; *fired: it has happened. */
bool sim_run_with(uint64_t seed, const struct fault *fault, struct totals *totals, bool *fired);
/* The same with a trick of a milter given, in all but the last session. */
bool sim_run_milter(uint64_t seed, const struct milter_plan *plan, struct totals *totals, bool *fired);

/* An invariant is broken: says so once, with all that led to it. */
void sim_fail(struct sim *sim, const char *invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For the transcript. */
void sim_tell(struct sim *sim, const struct client *client, const char *who, struct span text);
/* The message of that id, or NULL. */
struct message *sim_message(struct sim *sim, struct span id);
/* What happens in the world rather than to one connection. */
void sim_drain(struct sim *sim);
void sim_reload(struct sim *sim);
/* Bugs end the process: this one is what was running then. */
extern struct sim *sim_current;

#endif
