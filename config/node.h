/* node.h: a configuration file as a tree whose every node knows its place. Reading YAML is left to parse.c,
 * meaning to decode.c. */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "base/arena.h"
#include "base/text.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAP };

/* Lines and columns count from 1. */
struct node {
    enum node_kind kind;
    bool quoted; /* scalar in quotes or a block scalar: never "nothing" */
    bool absent; /* not in the file; stands where defaults are decoded */
    unsigned line, column;
    unsigned key_line, key_column; /* of its key; 0 when it has none */
    struct span key;               /* its key in the parent map; {NULL, 0} in a list and for the root */
    struct span text;              /* scalar: NUL-terminated */
    size_t index;                  /* its place in the parent */
    size_t stands_for;             /* items that a list item became: a "file:" item becomes many */
    size_t count;                  /* of children */
    struct node *parent, *first, *last, *next;
};

/* A zeroed node that stands for one item, not yet in a tree; NULL when the arena is full. */
struct node *node_new(struct arena *arena, enum node_kind kind);
/* Appends child as the last one of parent. */
void node_append(struct node *parent, struct node *child);
/* The member of a map; NULL when there is none. */
struct node *node_find(const struct node *map, struct span key);
/* True for a value that was left out: nothing, ~ or null. */
bool node_null(const struct node *node);
/* "a map", "a list", "text": for complaints. */
const char *node_kind_name(const struct node *node);

/* Makes the node, in place, a list with its old self as the only item, or a map with its old self under the
 * key: what is written short is then read as if it had been written in full. False when the arena is full. */
bool node_wrap_list(struct node *node, struct arena *arena);
bool node_wrap_map(struct node *node, struct arena *arena, struct span key);

/* Prints the path from the root, e.g. "filters[2].regex.rules[0]". */
void node_path(struct text *text, const struct node *node);
/* The node at a path as node_path() prints it, from `node` down; the last one that exists on the way. */
struct node *node_below(struct node *node, const char *path);

#endif
