/* registry.h: which filters there are, by their name in proxy.yaml; and filters from shared objects. Their
 * options are decoded by config/. */
#ifndef CHAIN_REGISTRY_H
#define CHAIN_REGISTRY_H

#include "postern/filter.h"

/* Makes a built-in filter known; filters are told by main() at start, before any thread. At most 32. */
void registry_add(const struct filter *filter);
/* NULL when there is none of that name. */
const struct filter *registry_find(struct span name);
/* The n-th, NULL past the end; for `did you mean` and the documentation. */
const struct filter *registry_at(unsigned n);
/* The events a filter has callbacks for, as bits 1u << enum filter_event: what open() may then narrow. */
unsigned registry_events(const struct filter *filter);
/* Loads the shared object at path, once per path for the life of the process. NULL on failure, *why then says
 * what is wrong (static or valid until the next call). */
const struct filter *registry_load(const char *path, const char **why);

#endif
