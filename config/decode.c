/* decode.c: nodes become structs by tables of options; what the values mean is left to the tables' owners. */
#include "config/decode.h"

#include "config/allowed.h"
#include "config/choices.h"
#include "config/networks.h"
#include "config/parse.h"
#include "config/strings.h"
#include "config/value.h"

#define ALLOWED_OCTETS 512

/* NUL-terminated, cut when longer. */
static const char *allowed(const struct option *option, char bytes[ALLOWED_OCTETS])
{
    struct text text = {bytes, 0, ALLOWED_OCTETS - 1, false};

    allowed_print(&text, option);
    bytes[text.len] = '\0';
    return bytes;
}

static void complain_kind(struct decoder *decoder, const struct option *option, const struct node *node)
{
    char bytes[ALLOWED_OCTETS];

    complain(decoder->complaints, node, "is %s; allowed: %s",
             node_null(node) ? "empty" : node_kind_name(node), allowed(option, bytes));
}

void *decode_alloc(struct decoder *decoder, size_t size)
{
    void *memory = arena_alloc(decoder->arena, size);

    if (memory == NULL)
        complain_starved(decoder->complaints);
    return memory;
}

static bool is_text(struct decoder *decoder, const struct option *option, const struct node *node)
{
    bool ok = node->kind == NODE_SCALAR && !node_null(node);

    if (!ok)
        complain_kind(decoder, option, node);
    return ok;
}

static void decode_bool(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    char bytes[ALLOWED_OCTETS];

    if (!is_text(decoder, option, node))
        return;
    if (span_eq(node->text, SPAN("true")))
        *(bool *)at = true;
    else if (span_eq(node->text, SPAN("false")))
        *(bool *)at = false;
    else
        complain(decoder->complaints, node, "\"%s\" is neither; allowed: %s", node->text.ptr,
                 allowed(option, bytes));
}

/* A number that was read as int64_t; an unsigned member takes the same octets, as it is never negative. */
static void keep_number(struct decoder *decoder, const struct option *option, struct node *node, void *at,
                        const char *what, enum value_result (*read)(struct span s, int64_t *out))
{
    char bytes[ALLOWED_OCTETS];
    enum value_result result;
    int64_t n;

    if (!is_text(decoder, option, node))
        return;
    result = read(node->text, &n);
    if (result == VALUE_SYNTAX)
        complain(decoder->complaints, node, "\"%s\" is not %s; allowed: %s", node->text.ptr, what,
                 allowed(option, bytes));
    else if (result == VALUE_RANGE || n < allowed_min(option) || n > allowed_max(option))
        complain(decoder->complaints, node, "%s is out of range; allowed: %s", node->text.ptr,
                 allowed(option, bytes));
    else
        memcpy(at, &n, sizeof(n));
}

static void decode_int(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    keep_number(decoder, option, node, at, "a whole number", value_int);
}

static void decode_size(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    keep_number(decoder, option, node, at, "a size", value_size);
}

static void decode_duration(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    keep_number(decoder, option, node, at, "a time with its unit", value_duration);
}

static void decode_string(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    if (is_text(decoder, option, node))
        *(const char **)at = node->text.ptr;
}

/* The index of a word, or -1 after a complaint. */
static int word_index(struct decoder *decoder, const struct option *option, const struct node *node)
{
    struct choices choices;

    choices_begin(&choices, node->text);
    for (int i = 0; option->words[i] != NULL; i++) {
        if (span_eq(node->text, span_str(option->words[i])))
            return i;
        choices_offer(&choices, option->words[i]);
    }
    complain(decoder->complaints, node, "\"%s\" is not known; %s", node->text.ptr, choices_end(&choices));
    return -1;
}

static void decode_enum(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    int index = is_text(decoder, option, node) ? word_index(decoder, option, node) : -1;

    if (index >= 0)
        *(int *)at = index;
}

static void decode_words(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    uint64_t set = 0;

    if (node->kind == NODE_SCALAR && !node_null(node) && !node_wrap_list(node, decoder->arena))
        complain_starved(decoder->complaints);
    if (node->kind == NODE_MAP)
        complain_kind(decoder, option, node);
    for (struct node *item = node->first; item != NULL && node->kind == NODE_SEQUENCE; item = item->next) {
        int index;
        if (item->kind != NODE_SCALAR || node_null(item)) {
            complain_kind(decoder, option, item);
            continue;
        }
        index = word_index(decoder, option, item);
        if (index >= 0)
            set |= UINT64_C(1) << index;
    }
    *(uint64_t *)at = set;
}

/* The texts of a list; no items when there are none or when a map stands where a list should. */
static struct entries entries_of(struct decoder *decoder, const struct option *option, struct node *node)
{
    struct entries entries = {0};

    if (node->kind == NODE_MAP)
        complain_kind(decoder, option, node);
    else
        strings_collect(decoder, node, &entries);
    return entries;
}

/* Only where a file is named: lists may be long. */
static void decode_places(struct decoder *decoder, const struct entries *entries,
                          struct option_strings *strings)
{
    struct option_place *places = NULL;
    size_t n = 0;

    for (const struct entry *entry = entries->first; entry != NULL && places == NULL; entry = entry->next)
        if (entry->file != NULL)
            places = decode_alloc(decoder, entries->count * sizeof(*places));
    strings->places = places;
    for (const struct entry *entry = entries->first; entry != NULL && places != NULL; entry = entry->next)
        places[n++] = (struct option_place){entry->file, entry->line};
}

static void decode_strings(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    struct option_strings *strings = at;
    struct entries entries = entries_of(decoder, option, node);

    strings->items = decode_alloc(decoder, entries.count * sizeof(*strings->items));
    if (strings->items == NULL)
        return;
    for (const struct entry *entry = entries.first; entry != NULL; entry = entry->next)
        strings->items[strings->count++] = entry->text;
    decode_places(decoder, &entries, strings);
}

static bool read_network(struct decoder *decoder, const struct entry *entry, struct option_network *out)
{
    enum network_result result = network_parse(span_str(entry->text), out);
    char where[ALLOWED_OCTETS] = "", meant[64];
    struct text text = {meant, 0, sizeof(meant) - 1, false};

    if (result == NETWORK_OK)
        return true;
    if (entry->file != NULL)
        (void)snprintf(where, sizeof(where), "%s:%u: ", entry->file, entry->line);
    if (result == NETWORK_SYNTAX) {
        complain(decoder->complaints, entry->node,
                 "%s\"%s\" is neither an address nor a network; allowed: such as 192.0.2.1, 192.0.2.0/24, "
                 "2001:db8::/32",
                 where, entry->text);
        return false;
    }
    network_print(&text, out);
    meant[text.len] = '\0';
    complain(decoder->complaints, entry->node,
             "%s\"%s\" has bits set behind its prefix; allowed: a network; did you mean \"%s\"?", where,
             entry->text, meant);
    return false;
}

static void decode_networks(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    struct option_networks *networks = at;
    struct entries entries = entries_of(decoder, option, node);

    networks->items = decode_alloc(decoder, entries.count * sizeof(*networks->items));
    if (networks->items == NULL)
        return;
    for (const struct entry *entry = entries.first; entry != NULL; entry = entry->next)
        if (read_network(decoder, entry, &networks->items[networks->count]))
            networks->count++;
}

static void decode_inner(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    const struct section section = {option->row, at};

    decode_map(decoder, node, &section, 1);
}

/* A row that is only a text is its first key. */
static void decode_row(struct decoder *decoder, const struct option *option, struct node *item, void *into)
{
    if (item->kind == NODE_SCALAR && !node_null(item) &&
        !node_wrap_map(item, decoder->arena, span_str(option->row[0].key)))
        complain_starved(decoder->complaints);
    else
        decode_inner(decoder, option, item, into);
}

static void decode_rows(struct decoder *decoder, const struct option *option, struct node *node, void *at)
{
    struct option_rows *rows = at;

    if (node_null(node))
        return;
    if (node->kind != NODE_SEQUENCE && !node_wrap_list(node, decoder->arena)) {
        complain_starved(decoder->complaints);
        return;
    }
    rows->items = decode_alloc(decoder, node->count * option->row_size);
    if (rows->items == NULL)
        return;
    for (struct node *item = node->first; item != NULL; item = item->next)
        decode_row(decoder, option, item, (char *)rows->items + rows->count++ * option->row_size);
}

typedef void decode_fn(struct decoder *decoder, const struct option *option, struct node *node, void *at);

static decode_fn *const decoders[] = {
    [OPTION_BOOL] = decode_bool,         [OPTION_INT] = decode_int,           [OPTION_SIZE] = decode_size,
    [OPTION_DURATION] = decode_duration, [OPTION_STRING] = decode_string,     [OPTION_ENUM] = decode_enum,
    [OPTION_STRINGS] = decode_strings,   [OPTION_NETWORKS] = decode_networks, [OPTION_WORDS] = decode_words,
    [OPTION_MAP] = decode_inner,         [OPTION_ROWS] = decode_rows,
};

/* The default as a node, in the place of the map that lacks the key; NULL when there is nothing to decode. */
static struct node *fallback_node(struct decoder *decoder, const struct option *option, struct node *map)
{
    bool list =
        option->type == OPTION_STRINGS || option->type == OPTION_NETWORKS || option->type == OPTION_WORDS;
    struct node *node;

    if (option->fallback == NULL && option->type != OPTION_MAP)
        return NULL;
    if (option->type == OPTION_MAP)
        node = node_new(decoder->arena, NODE_MAP);
    else if (list)
        node = parse_text(span_str(option->fallback), decoder->arena, decoder->complaints);
    else
        node = node_new(decoder->arena, NODE_SCALAR);
    if (node == NULL) {
        complain_starved(decoder->complaints);
        return NULL;
    }
    if (node->kind == NODE_SCALAR && !list) {
        node->text = span_str(option->fallback);
        node->quoted = true;
    }
    node->absent = true;
    node->parent = map;
    node->key = span_str(option->key);
    node->line = map->line;
    node->column = map->column;
    return node;
}

static void decode_option(struct decoder *decoder, const struct option *option, struct node *map, void *into)
{
    struct node *node = node_find(map, span_str(option->key));
    char bytes[ALLOWED_OCTETS];

    if (node == NULL && option->required && !map->absent)
        complain_lack(decoder->complaints, map, option->key, "is missing; allowed: %s",
                      allowed(option, bytes));
    if (node == NULL)
        node = fallback_node(decoder, option, map);
    if (node != NULL)
        decoders[option->type](decoder, option, node, (char *)into + option->offset);
}

/* True when one of the tables has the key; offers every key as a choice until then. */
static bool known(struct choices *choices, struct span key, const struct section *sections, size_t count)
{
    choices_begin(choices, key);
    for (size_t i = 0; i < count; i++) {
        for (const struct option *option = sections[i].options; option->key != NULL; option++) {
            if (span_eq(key, span_str(option->key)))
                return true;
            choices_offer(choices, option->key);
        }
    }
    return false;
}

void decode_map(struct decoder *decoder, struct node *map, const struct section *sections, size_t count)
{
    struct choices choices;

    if (node_null(map)) {
        map->kind = NODE_MAP;
    } else if (map->kind != NODE_MAP) {
        (void)known(&choices, SPAN(""), sections, count);
        complain(decoder->complaints, map, "is %s, not a map; %s", node_kind_name(map),
                 choices_end(&choices));
        return;
    }
    for (const struct node *member = map->first; member != NULL; member = member->next)
        if (!known(&choices, member->key, sections, count))
            complain_key(decoder->complaints, member, "is not a key; %s", choices_end(&choices));
    for (size_t i = 0; i < count; i++)
        for (const struct option *option = sections[i].options;
             option->key != NULL && sections[i].into != NULL; option++)
            decode_option(decoder, option, map, sections[i].into);
}
