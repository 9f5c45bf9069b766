/* map.h: the macros that milters are told: their names, the stage at which each is sent unless a milter asks
 * for others, and their values by the facts of the session. Sending them is left to client.c. */
#ifndef FILTERS_MILTER_MAP_H
#define FILTERS_MILTER_MAP_H

#include "filters/milter/wire.h"
#include "postern/filter.h"

#define MAP_OWN_MAX 16 /* macros of the configuration */

/* A macro that the administrator gives a value, instead of ours if we have one. */
struct map_own {
    struct span name; /* without braces */
    struct span value;
};

struct map {
    struct map_own own[MAP_OWN_MAX];
    size_t count;
};

/* A set of macros; bits are map.c's. */
typedef uint64_t map_set;

/* What values are made of beside the facts. */
struct map_scene {
    const struct filter_facts *facts;
    const struct filter_path *path;     /* MAIL, RCPT */
    const struct filter_reply *refusal; /* RCPT: how the upstream refused it; NULL: it did not */
    struct span message_id;
};

/* Adds "name=value" or "{name}=value". False when it is no such thing, or there are too many. */
bool map_own_add(struct map *map, const char *written);

/* What is sent at a stage unless the milter says otherwise. */
map_set map_default(const struct map *map, enum milter_stage stage);
/* Those of the names, with braces or without, separated by white space or commas; others are passed over. */
map_set map_select(const struct map *map, struct span names);
/* Writes the packet MACRO for what is told with `command`, unless nothing in the set has a value now. */
void map_write(struct milter_writer *writer, const struct map *map, map_set set, char command,
               const struct map_scene *scene);

/* The name of the client as milters know it: its name, or its address in brackets, in bytes[size]. */
struct span map_client(const struct filter_facts *facts, char *bytes, size_t size);

#endif
