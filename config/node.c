/* node.c: the tree of a configuration file; reading YAML is left to parse.c, meaning to decode.c. */
#include "config/node.h"

#include <stdlib.h>

struct node *node_new(struct arena *arena, enum node_kind kind)
{
    struct node *node = arena_alloc(arena, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        node->stands_for = 1;
    }
    return node;
}

void node_append(struct node *parent, struct node *child)
{
    child->parent = parent;
    child->index = parent->count++;
    child->next = NULL;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

struct node *node_find(const struct node *map, struct span key)
{
    struct node *child = map->kind == NODE_MAP ? map->first : NULL;

    while (child != NULL && !span_eq(child->key, key))
        child = child->next;
    return child;
}

bool node_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted &&
           (node->text.len == 0 || span_eq(node->text, SPAN("~")) || span_eq(node->text, SPAN("null")));
}

const char *node_kind_name(const struct node *node)
{
    static const char *const names[] = {
        [NODE_SCALAR] = "text", [NODE_SEQUENCE] = "a list", [NODE_MAP] = "a map"};

    return names[node->kind];
}

/* The node becomes an empty container of the kind; what it held moves into a new child. */
static struct node *wrap(struct node *node, struct arena *arena, enum node_kind kind)
{
    struct node *child = node_new(arena, node->kind);

    if (child == NULL)
        return NULL;
    *child = *node;
    child->key = (struct span){NULL, 0};
    for (struct node *inner = child->first; inner != NULL; inner = inner->next)
        inner->parent = child;
    node->kind = kind;
    node->first = node->last = NULL;
    node->count = 0;
    node_append(node, child);
    return child;
}

bool node_wrap_list(struct node *node, struct arena *arena)
{
    return wrap(node, arena, NODE_SEQUENCE) != NULL;
}

bool node_wrap_map(struct node *node, struct arena *arena, struct span key)
{
    struct node *child = wrap(node, arena, NODE_MAP);

    if (child != NULL)
        child->key = key;
    return child != NULL;
}

void node_path(struct text *text, const struct node *node)
{
    if (node->parent == NULL)
        return;
    node_path(text, node->parent);
    if (node->key.ptr == NULL) {
        text_char(text, '[');
        text_number(text, node->index);
        text_char(text, ']');
        return;
    }
    if (text->len > 0)
        text_char(text, '.');
    text_add(text, node->key);
}

/* Reads "[n]" and finds the item that became the n-th decoded one. */
static struct node *step_to_item(const struct node *node, const char **path)
{
    char *end;
    size_t n = strtoul(*path + 1, &end, 10);
    struct node *item = node->kind == NODE_SEQUENCE ? node->first : NULL;

    *path = *end == ']' ? end + 1 : end;
    while (item != NULL && n >= item->stands_for) {
        n -= item->stands_for;
        item = item->next;
    }
    return item;
}

/* Reads "key" or ".key". */
static struct node *step_to_member(const struct node *node, const char **path)
{
    const char *key = *path + (**path == '.');
    size_t len = strcspn(key, ".[");

    *path = key + len;
    return node_find(node, span_of(key, len));
}

struct node *node_below(struct node *node, const char *path)
{
    while (*path != '\0') {
        struct node *next = *path == '[' ? step_to_item(node, &path) : step_to_member(node, &path);
        if (next == NULL)
            break;
        node = next;
    }
    return node;
}
