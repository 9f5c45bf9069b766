/* filters.c: decodes and opens the filters of proxy.yaml; what they do is left to filters/, asking them to
 * chain/. */
#include "config/filters.h"

#include "chain/chain.h"
#include "chain/registry.h"
#include "config/choices.h"
#include "config/file.h"
#include "config/schema.h"
#include "config/setup.h"

#define PLUGIN "plugin"

/* An entry is a name alone or a map of one name to its options; the options' node, or NULL after a complaint.
 */
static struct node *options_of(struct decoder *decoder, struct node *entry)
{
    if (entry->kind == NODE_SCALAR && !node_null(entry)) {
        struct span name = entry->text;
        if (!node_wrap_map(entry, decoder->arena, name)) {
            complain_starved(decoder->complaints);
            return NULL;
        }
        entry->first->kind = NODE_MAP;
        return entry->first;
    }
    if (entry->kind == NODE_MAP && entry->count == 1)
        return entry->first;
    if (entry->kind == NODE_MAP && entry->count > 1)
        complain_key(decoder->complaints, entry->first->next,
                     "is a second key of one entry; allowed: one filter in an entry, its own keys indented "
                     "below it");
    else
        complain(decoder->complaints, entry, "is %s; allowed: the name of a filter",
                 node_null(entry) ? "empty" : node_kind_name(entry));
    return NULL;
}

static void complain_unknown(struct decoder *decoder, const struct node *node)
{
    const struct filter *filter;
    struct choices choices;

    choices_begin(&choices, node->key);
    for (unsigned n = 0; (filter = registry_at(n)) != NULL; n++)
        choices_offer(&choices, filter->name);
    choices_offer(&choices, PLUGIN);
    complain_key(decoder->complaints, node, "is not a filter; %s", choices_end(&choices));
}

/* The filter of a shared object; its own keys stand beside `path`. */
static const struct filter *load_plugin(struct decoder *decoder, struct node *node)
{
    struct node *path = node_find(node, SPAN("path"));
    const struct filter *filter = NULL;
    const char *file, *why = "";

    if (path == NULL || path->kind != NODE_SCALAR || node_null(path)) {
        struct schema_plugin unused = {0};
        const struct section section = {schema_plugin, &unused};
        decode_map(decoder, node, &section, 1); /* says what is wrong */
        return NULL;
    }
    file = file_beside(decoder->directory, path->text.ptr, decoder->arena);
    if (file == NULL)
        complain_starved(decoder->complaints);
    else if ((filter = registry_load(file, &why)) == NULL)
        complain(decoder->complaints, path, "cannot be loaded: %s; allowed: a filter built for this Postern",
                 why);
    return filter;
}

static const struct filter *filter_of(struct decoder *decoder, struct node *node, bool plugin)
{
    const struct filter *filter;

    if (plugin)
        return load_plugin(decoder, node);
    filter = registry_find(node->key);
    if (filter == NULL)
        complain_unknown(decoder, node);
    return filter;
}

/* Fills the member and the filter's own struct; false after a complaint. */
static bool decode_member(struct decoder *decoder, struct node *node, bool plugin,
                          struct chain_member *member)
{
    static const struct option no_options[] = {{0}};
    size_t before = decoder->complaints->count;
    const struct filter *filter = member->filter;
    struct schema_common common = {0};
    struct schema_plugin object = {0};
    const struct section sections[] = {
        {filter->options != NULL ? filter->options : no_options, member->config},
        {schema_common, &common},
        {schema_plugin, &object},
    };

    decode_map(decoder, node, sections, plugin ? 3 : 2);
    member->name = common.name != NULL ? common.name : filter->name;
    member->mode = (enum chain_mode)common.mode;
    member->on_failure = (enum chain_failure)common.on_failure;
    member->on_reject = (enum chain_reject)common.on_reject;
    member->time_limit = common.time_limit;
    return decoder->complaints->count == before;
}

/* False after a complaint; the filter is then not open. */
static bool open_member(struct decoder *decoder, struct node *node, struct chain_member *member)
{
    struct filter_setup setup = {decoder, node, 0};
    unsigned events = registry_events(member->filter);
    size_t before = decoder->complaints->count;

    member->interests = events;
    if (member->filter->open == NULL)
        return true;
    if (member->filter->open(member->config, &setup, &member->interests, &member->edits) == 0) {
        member->interests &= events;
        if (member->time_limit < setup.time_limit)
            member->time_limit = setup.time_limit;
        return true;
    }
    if (decoder->complaints->count == before)
        filter_complain(&setup, "", "could not be opened");
    return false;
}

/* Where the entry speaks of a quarantine, or NULL. */
static struct node *mention(struct node *node)
{
    static const struct span word = {"quarantine", 10};
    struct node *found = NULL;

    if (span_starts_nocase(node->key, word) || (node->kind == NODE_SCALAR && span_eq(node->text, word)))
        return node;
    for (struct node *child = node->kind != NODE_SCALAR ? node->first : NULL; child != NULL && found == NULL;
         child = child->next)
        found = mention(child);
    return found;
}

/* Messages are held back for the quarantine where there is one. */
static void settle_quarantine(struct decoder *decoder, struct node *node, struct chain_member *member,
                              bool quarantine)
{
    struct node *wanted = mention(node);

    if (member->on_failure == CHAIN_FAIL_QUARANTINE || member->on_reject == CHAIN_REJECT_QUARANTINE)
        member->edits |= FILTER_QUARANTINES;
    if (quarantine || (member->edits & FILTER_QUARANTINES) == 0)
        return;
    member->edits &= ~FILTER_QUARANTINES;
    if (wanted != NULL)
        warn_below(decoder->complaints, wanted, "",
                   "there is no quarantine.directory: what is to be kept is put off (451)");
}

static void add_entry(struct decoder *decoder, struct node *entry, struct chain *chain, bool quarantine)
{
    struct node *node = options_of(decoder, entry);
    bool plugin = node != NULL && span_eq(node->key, SPAN(PLUGIN));
    struct chain_member member = {0};

    if (node == NULL || (member.filter = filter_of(decoder, node, plugin)) == NULL)
        return;
    member.config = decode_alloc(decoder, member.filter->config_size);
    if (member.config == NULL || !decode_member(decoder, node, plugin, &member) ||
        !open_member(decoder, node, &member))
        return;
    settle_quarantine(decoder, node, &member, quarantine);
    if (chain_add(chain, &member) == 0)
        return;
    complain_starved(decoder->complaints);
    if (member.filter->shut != NULL)
        member.filter->shut(member.config);
}

void filters_open(struct decoder *decoder, struct node *list, struct chain *chain, bool quarantine)
{
    if (list == NULL || node_null(list))
        return;
    if (list->kind == NODE_MAP) {
        complain(decoder->complaints, list, "is a map; allowed: a list, as filters are asked in order");
        return;
    }
    if (list->kind == NODE_SCALAR && !node_wrap_list(list, decoder->arena)) {
        complain_starved(decoder->complaints);
        return;
    }
    for (struct node *entry = list->first; entry != NULL; entry = entry->next)
        add_entry(decoder, entry, chain, quarantine);
}
