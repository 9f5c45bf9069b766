/* trigger_private.h: what an engine is to trigger.c. Private to regex/. */
#ifndef REGEX_TRIGGER_PRIVATE_H
#define REGEX_TRIGGER_PRIVATE_H

#include "filters/regex/trigger.h"

/* Each function as its namesake in trigger.h; a set and a run begin with what is declared below. */
struct trigger_ops {
    bool (*usable)(void); /* on this processor */
    struct trigger_set *(*make)(const struct literal *literals, size_t count, const char **error);
    void (*drop)(struct trigger_set *set);
    size_t (*set_size)(const struct trigger_set *set);
    size_t (*run_size)(const struct trigger_set *set);
    struct trigger_run *(*begin)(const struct trigger_set *set);
    bool (*feed)(struct trigger_run *run, struct span piece, trigger_seen *seen, void *arg);
    bool (*restart)(struct trigger_run *run);
    void (*end)(struct trigger_run *run);
};

struct trigger_set {
    const struct trigger_ops *ops;
};

struct trigger_run {
    const struct trigger_set *set;
};

extern const struct trigger_ops trigger_table;
extern const struct trigger_ops trigger_vectorscan; /* where it is built in */

#endif
