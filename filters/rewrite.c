/* rewrite.c: gives the upstream other senders and recipients than the client named, by a map that may be
 * long. Whether what comes out is an address is left to the chain. */
#include <stdlib.h>

#include "filters/filters.h"

/* One line of a map. */
struct entry {
    struct span from, to;
};

struct map {
    struct option_strings lines;
    struct entry *entries; /* sorted by from */
};

struct rewrite_config {
    struct map from, to;
};

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
    return compare(((const struct entry *)a)->from, ((const struct entry *)b)->from);
}

/* What the map has for the key; NULL: nothing. */
static const struct entry *find(const struct map *map, struct span key)
{
    struct entry wanted = {.from = key};

    if (map->lines.count == 0)
        return NULL;
    return bsearch(&wanted, map->entries, map->lines.count, sizeof(wanted), compare_entries);
}

/* The address by itself, then its domain. */
static const struct entry *find_path(const struct map *map, const struct filter_path *path)
{
    const struct entry *entry;

    if (path->address.len == 0)
        return find(map, SPAN("<>"));
    entry = find(map, path->address);
    if (entry == NULL && path->domain.len != 0)
        entry = find(map, span_of(path->domain.ptr - 1, path->domain.len + 1)); /* with its @ */
    return entry;
}

static enum verdict rewrite(struct filter_ctx *ctx, const struct map *map, const struct filter_path *path)
{
    const struct entry *entry = find_path(map, path);
    struct span local = {NULL, 0}, to;
    char *address;

    if (entry == NULL)
        return VERDICT_CONTINUE;
    to = span_eq(entry->to, SPAN("<>")) ? SPAN("") : entry->to;
    if (to.len != 0 && to.ptr[0] == '@')
        local = path->local;
    address = filter_alloc(ctx, local.len + to.len + 1);
    if (address == NULL)
        return VERDICT_FAIL;
    if (local.len != 0)
        memcpy(address, local.ptr, local.len);
    if (to.len != 0)
        memcpy(address + local.len, to.ptr, to.len);
    if (filter_rewrite_path(ctx, span_of(address, local.len + to.len)) == 0)
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "\"%.*s\" makes no address of this one", (int)entry->to.len, entry->to.ptr);
    /* No failure: the filter would not be asked about the recipients that follow. */
    filter_set_reply(ctx, 451, "4.3.5", "Cannot rewrite this address, try again later");
    return VERDICT_TEMPFAIL;
}

static enum verdict rewrite_on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    const struct rewrite_config *config = filter_config(ctx);

    return rewrite(ctx, &config->from, reverse_path);
}

static enum verdict rewrite_on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    const struct rewrite_config *config = filter_config(ctx);

    return rewrite(ctx, &config->to, forward_path);
}

/* A line is two words; the first may hold spaces in quotes, so the last space is what parts them. */
static bool read_line(const char *line, struct entry *out)
{
    struct span whole = span_trim(span_str(line));
    size_t at = whole.len;

    while (at > 0 && whole.ptr[at - 1] != ' ' && whole.ptr[at - 1] != '\t')
        at--;
    out->to = span_skip(whole, at);
    out->from = span_trim(span_first(whole, at));
    return out->from.len != 0;
}

/* What stands on the right: an address, a domain for another local part, or nobody. */
static bool is_target(struct span to, bool nobody)
{
    const char *at = memchr(to.ptr, '@', to.len);

    return at != NULL ? at + 1 < to.ptr + to.len : nobody && span_eq(to, SPAN("<>"));
}

static int open_map(struct map *map, const char *key, bool nobody, struct filter_setup *setup)
{
    const struct option_strings *lines = &map->lines;

    map->entries = filter_setup_alloc(setup, (lines->count + 1) * sizeof(map->entries[0]));
    if (map->entries == NULL) {
        filter_complain(setup, key, "memory is short");
        return -1;
    }
    for (size_t i = 0; i < lines->count; i++)
        if (!read_line(lines->items[i], &map->entries[i]) || !is_target(map->entries[i].to, nobody)) {
            filter_complain(setup, key,
                            "\"%s\" is not \"old@a.example new@b.example\" or \"@a.example @b.example\"",
                            lines->items[i]);
            return -1;
        }
    qsort(map->entries, lines->count, sizeof(map->entries[0]), compare_entries);
    for (size_t i = 1; i < lines->count; i++)
        if (compare(map->entries[i - 1].from, map->entries[i].from) == 0) {
            filter_complain(setup, key, "\"%.*s\" is mapped twice", (int)map->entries[i].from.len,
                            map->entries[i].from.ptr);
            return -1;
        }
    return 0;
}

static int rewrite_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct rewrite_config *config = opened;

    (void)edits;
    if (config->from.lines.count == 0)
        *interests &= ~(1u << FILTER_MAIL);
    if (config->to.lines.count == 0)
        *interests &= ~(1u << FILTER_RCPT);
    return open_map(&config->from, "from", true, setup) | open_map(&config->to, "to", false, setup);
}

static const struct option rewrite_options[] = {
    {.key = "from",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, from.lines),
     .help =
         "Reverse-paths: \"old@a.example new@b.example\", \"@a.example @b.example\" for all of a domain, "
         "whose local parts stay, \"@a.example new@b.example\"; <> on either side is the null reverse-path. "
         "An address goes before its domain; upper and lower case are alike."},
    {.key = "to",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rewrite_config, to.lines),
     .help = "Forward-paths, as in `from`, without <>."},
    {.key = NULL}};

const struct filter filter_rewrite = {
    .api = FILTER_API,
    .name = "rewrite",
    .help = "Gives the upstream other senders and recipients than the client named.",
    .options = rewrite_options,
    .config_size = sizeof(struct rewrite_config),
    .open = rewrite_open,
    .on_mail = rewrite_on_mail,
    .on_rcpt = rewrite_on_rcpt,
};
