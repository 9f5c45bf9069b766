/* resident.h: the milters that are loaded into this process: one for each that is configured, which stays
 * while a configuration that says the same of it is in use. Their sessions are left to transport_module.c. */
#ifndef FILTERS_MILTER_RESIDENT_H
#define FILTERS_MILTER_RESIDENT_H

#include "filters/libmilter/host.h"

struct resident;

/* What is said of one. */
struct resident_wish {
    const char *path;
    const char *const *arguments; /* ended by NULL; [0] is the program's name */
    unsigned threads;
    unsigned patience; /* milliseconds that main() may take */
};

/* The module that was started for such a wish, if it still runs, or one started now. NULL: an error, of which
 * one sentence is put into error. Any thread. */
struct resident *resident_get(const struct resident_wish *wish, char *error, size_t size);
/* One user less; behind the last of them it ends, without sessions, within RESIDENT_PATIENCE, or is left to
 * itself. Any thread. */
void resident_put(struct resident *resident);
struct module *resident_module(struct resident *resident);

#define RESIDENT_PATIENCE 2000 /* milliseconds */

#endif
