/* map.c: two words in a line are sorted once and found by halving; patterns are tried one by one. */
#include "filters/rewrite/map.h"

#include <stdio.h>
#include <stdlib.h>

/* One line of two words. */
struct map_entry {
    struct span from, to;
    size_t line; /* its number among the lines */
};

/* --- finding -------------------------------------------------------------------------------------------- */

/* Upper and lower case are alike. */
static int compare(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < shorter; i++) {
        int order = (unsigned char)span_lower_byte(a.ptr[i]) - (unsigned char)span_lower_byte(b.ptr[i]);
        if (order != 0)
            return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static int compare_entries(const void *a, const void *b)
{
    return compare(((const struct map_entry *)a)->from, ((const struct map_entry *)b)->from);
}

/* Of two lines that say something about the same address the later is the one that is complained about. */
static int compare_lines(const void *a, const void *b)
{
    const struct map_entry *x = a, *y = b;
    int order = compare_entries(a, b);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* What the map has for the key; absent: nothing. */
static struct span find(const struct map *map, struct span key)
{
    struct map_entry wanted = {.from = key};
    const struct map_entry *entry = NULL;

    if (map->entry_count != 0)
        entry = bsearch(&wanted, map->entries, map->entry_count, sizeof(wanted), compare_entries);
    return entry != NULL ? entry->to : span_of(NULL, 0);
}

int map_find(const struct map *map, const struct filter_path *path, char *out, size_t size,
             struct span *found)
{
    struct span address = path->address.len != 0 ? path->address : SPAN("<>");

    *found = find(map, address);
    if (found->ptr == NULL && path->domain.len != 0)
        *found = find(map, span_of(path->domain.ptr - 1, path->domain.len + 1)); /* with its @ */
    for (size_t i = 0; i < map->pattern_count && found->ptr == NULL; i++) {
        size_t len;
        switch (substitution_apply(map->patterns[i], address, out, size, &len)) {
        case SUBSTITUTION_DONE:
            *found = span_of(out, len);
            break;
        case SUBSTITUTION_LIMIT:
            return -1;
        case SUBSTITUTION_NONE:
            break;
        }
    }
    return 0;
}

/* --- reading -------------------------------------------------------------------------------------------- */

struct map_place map_place(const struct option_strings *lines, size_t n, const char *key)
{
    const struct option_place *place = lines->places != NULL ? &lines->places[n] : NULL;
    struct map_place out = {.at = ""};

    (void)snprintf(out.path, sizeof(out.path), "%s[%zu]", key, n);
    if (place != NULL && place->file != NULL)
        (void)snprintf(out.at, sizeof(out.at), "%s:%u: ", place->file, place->line);
    return out;
}

/* A line is two words; the first may hold spaces in quotes, so the last space is what parts them. */
static bool read_line(const char *line, struct map_entry *out)
{
    struct span whole = span_trim(span_str(line));
    size_t at = whole.len;

    while (at > 0 && whole.ptr[at - 1] != ' ' && whole.ptr[at - 1] != '\t')
        at--;
    out->to = span_skip(whole, at);
    out->from = span_trim(span_first(whole, at));
    return out->from.len != 0;
}

/* Whether it is an address or a name to the last octet is seen when it is used. */
static bool is_target(struct span to, enum map_kind kind)
{
    const char *at = memchr(to.ptr, '@', to.len);

    if (kind == MAP_NAMES)
        return at == NULL && to.ptr[0] != '<';
    return at != NULL ? at + 1 < to.ptr + to.len : kind == MAP_SENDERS && span_eq(to, SPAN("<>"));
}

/* What a line is like. */
static const char *const likeness[] = {
    [MAP_SENDERS] =
        "\"old@a.example new@b.example\", \"@a.example @b.example\" or \"/pattern/ new@b.example\"",
    [MAP_RECIPIENTS] =
        "\"old@a.example new@b.example\", \"@a.example @b.example\" or \"/pattern/ new@b.example\"",
    [MAP_NAMES] = "\"old.example new.example\" or \"/pattern/ new.example\"",
};

static int add_entry(struct map *map, size_t n, const char *key, enum map_kind kind,
                     struct filter_setup *setup)
{
    struct map_entry *entry = &map->entries[map->entry_count];
    struct map_place place = map_place(&map->lines, n, key);

    entry->line = n;
    if (read_line(map->lines.items[n], entry) && is_target(entry->to, kind)) {
        map->entry_count++;
        return 0;
    }
    filter_complain(setup, place.path, "%s\"%s\" is not %s", place.at, map->lines.items[n], likeness[kind]);
    return -1;
}

static int add_pattern(struct map *map, size_t n, const char *key, enum map_kind kind,
                       struct filter_setup *setup)
{
    struct map_place place = map_place(&map->lines, n, key);
    char error[SUBSTITUTION_ERROR];
    struct substitution *pattern = substitution_new(map->lines.items[n], error);
    struct span target;

    if (pattern == NULL) {
        filter_complain(setup, place.path, "%s\"%s\": %s", place.at, map->lines.items[n], error);
        return -1;
    }
    map->patterns[map->pattern_count++] = pattern;
    target = substitution_target(pattern);
    if (memchr(target.ptr, '$', target.len) != NULL || is_target(target, kind))
        return 0;
    filter_complain(setup, place.path, "%s\"%.*s\" is no %s", place.at, (int)target.len, target.ptr,
                    kind == MAP_NAMES ? "name" : "address");
    return -1;
}

static int check_twice(const struct map *map, const char *key, struct filter_setup *setup)
{
    int rc = 0;

    for (size_t i = 1; i < map->entry_count; i++) {
        const struct map_entry *entry = &map->entries[i];
        struct map_place place = map_place(&map->lines, entry->line, key);
        if (compare_entries(&map->entries[i - 1], entry) != 0)
            continue;
        filter_complain(setup, place.path, "%s\"%.*s\" is mapped twice", place.at, (int)entry->from.len,
                        entry->from.ptr);
        rc = -1;
    }
    return rc;
}

int map_open(struct map *map, const char *key, enum map_kind kind, struct filter_setup *setup)
{
    size_t count = map->lines.count;
    int rc = 0;

    map->entries = filter_setup_alloc(setup, (count + 1) * sizeof(map->entries[0]));
    map->patterns = filter_setup_alloc(setup, (count + 1) * sizeof(struct substitution *));
    if (map->entries == NULL || map->patterns == NULL) {
        filter_complain(setup, key, "memory is short");
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        rc |= substitution_is(map->lines.items[i]) ? add_pattern(map, i, key, kind, setup)
                                                   : add_entry(map, i, key, kind, setup);
    qsort(map->entries, map->entry_count, sizeof(map->entries[0]), compare_lines);
    return rc | check_twice(map, key, setup);
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->pattern_count; i++)
        substitution_free(map->patterns[i]);
    map->pattern_count = 0;
}
