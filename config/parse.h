/* parse.h: YAML text becomes a tree of nodes: the part of YAML that a configuration needs and no more. What
 * the keys mean is left to decode.c. */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "config/complaint.h"
#include "config/node.h"

/* Reads one UTF-8 document. Aliases, anchors, tags, keys that are not plain text, keys given twice and
 * further documents are complaints. An empty text is an empty map. NULL after a complaint that leaves no
 * tree. */
struct node *parse_text(struct span text, struct arena *arena, struct complaints *complaints);

#endif
