/* map.h: what stands for an address in the place of another, by a map that may be long, then by patterns.
 * Whose addresses are looked up, and whether what comes out is one, is left to others. */
#ifndef REWRITE_MAP_H
#define REWRITE_MAP_H

#include "filters/regex/substitution.h"
#include "postern/filter.h"

struct map_entry;

struct map {
    struct option_strings lines; /* as in proxy.yaml */
    /* derived */
    struct map_entry *entries; /* sorted */
    size_t entry_count;
    struct substitution **patterns; /* in their order */
    size_t pattern_count;
};

/* What stands on the right of a map's lines. */
enum map_kind {
    MAP_SENDERS,    /* an address, a domain with its @, or <> */
    MAP_RECIPIENTS, /* the same without <> */
    MAP_NAMES       /* a domain or an address literal */
};

/* Reads the lines of the key. -1 after every complaint; map_free() then, too. */
int map_open(struct map *map, const char *key, enum map_kind kind, struct filter_setup *setup);
void map_free(struct map *map);

/* The path by itself, its domain, the patterns: the first that there is. What stands on the right, in out
 * where it was put together; absent in *found when there is nothing. -1: a pattern takes too long, or makes
 * more than `size`. */
int map_find(const struct map *map, const struct filter_path *path, char *out, size_t size,
             struct span *found);

/* "FILE:LINE: " of a line, empty where it stands in proxy.yaml itself; path: what filter_complain() is told.
 */
struct map_place {
    char at[256], path[64];
};
struct map_place map_place(const struct option_strings *lines, size_t n, const char *key);

#endif
