/* trigger.h: looks for many literals at once in a text that arrives in pieces. What their sight leads to is
 * left to sieve.c. */
#ifndef REGEX_TRIGGER_H
#define REGEX_TRIGGER_H

#include "filters/regex/literal.h"

/* Ways to look. All tell of every literal that is in the text; some also of what only resembles one. */
enum trigger_engine {
    TRIGGER_BEST, /* the fastest that there is */
    TRIGGER_VECTORSCAN,
    TRIGGER_TABLE, /* our own */
    TRIGGER_NONE   /* none: every pattern is looked for by itself */
};

/* Immutable once made: any number of threads may look with it. */
struct trigger_set;
/* One text under way. */
struct trigger_run;

/* The id-th literal has been seen; its last octet is the end-th of the text, which may be still to come. */
typedef void trigger_seen(void *arg, unsigned id, uint64_t end);

/* True for an engine that this program was built with. */
bool trigger_available(enum trigger_engine engine);
/* count, which is not 0, literals, which must live as long as the set. NULL: *error, of static text, says
 * why. */
struct trigger_set *trigger_set_new(enum trigger_engine engine, const struct literal *literals, size_t count,
                                    const char **error);
/* NULL is a no-op, as in trigger_end(). */
void trigger_set_free(struct trigger_set *set);
/* Octets of memory: of the set; of each text under way. */
size_t trigger_set_size(const struct trigger_set *set);
size_t trigger_run_size(const struct trigger_set *set);

/* A text begins. NULL: no memory. */
struct trigger_run *trigger_begin(const struct trigger_set *set);
/* Its next piece. False when memory is short. */
bool trigger_feed(struct trigger_run *run, struct span piece, trigger_seen *seen, void *arg);
/* The text is over and another begins. False when memory is short. */
bool trigger_restart(struct trigger_run *run);
void trigger_end(struct trigger_run *run);

#endif
