/* trigger.c: which engines there are. Looking is left to them. */
#include "filters/regex/trigger_private.h"

static const struct trigger_ops *const engines[] = {
#ifdef POSTERN_VECTORSCAN
    [TRIGGER_VECTORSCAN] = &trigger_vectorscan,
#endif
    [TRIGGER_TABLE] = &trigger_table,
    [TRIGGER_NONE] = NULL,
};

bool trigger_available(enum trigger_engine engine)
{
    return engine == TRIGGER_BEST || engine == TRIGGER_NONE ||
           (engines[engine] != NULL && engines[engine]->usable());
}

struct trigger_set *trigger_set_new(enum trigger_engine engine, const struct literal *literals, size_t count,
                                    const char **error)
{
    if (engine == TRIGGER_BEST)
        engine = trigger_available(TRIGGER_VECTORSCAN) ? TRIGGER_VECTORSCAN : TRIGGER_TABLE;
    return engines[engine]->make(literals, count, error);
}

void trigger_set_free(struct trigger_set *set)
{
    if (set != NULL)
        set->ops->drop(set);
}

size_t trigger_set_size(const struct trigger_set *set)
{
    return set->ops->set_size(set);
}

size_t trigger_run_size(const struct trigger_set *set)
{
    return set->ops->run_size(set);
}

struct trigger_run *trigger_begin(const struct trigger_set *set)
{
    return set->ops->begin(set);
}

bool trigger_feed(struct trigger_run *run, struct span piece, trigger_seen *seen, void *arg)
{
    return run->set->ops->feed(run, piece, seen, arg);
}

bool trigger_restart(struct trigger_run *run)
{
    return run->set->ops->restart(run);
}

void trigger_end(struct trigger_run *run)
{
    if (run != NULL)
        run->set->ops->end(run);
}
