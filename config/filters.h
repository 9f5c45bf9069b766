/* filters.h: `filters` of proxy.yaml becomes a chain. What the filters do is left to filters/, asking them to
 * chain/. */
#ifndef CONFIG_FILTERS_H
#define CONFIG_FILTERS_H

#include "config/decode.h"

struct chain;

/* Decodes the options of every filter in the list (NULL: none), opens it and appends it to the chain.
 * quarantine: there is one. */
void filters_open(struct decoder *decoder, struct node *list, struct chain *chain, bool quarantine);

#endif
