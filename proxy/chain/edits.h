/* edits.h: what filters change in the header section of the message under way. Private to chain/. */
#ifndef CHAIN_EDITS_H
#define CHAIN_EDITS_H

#include "chain/state.h"

/* The filter failed: what it has changed in this message counts as never changed. */
void edits_drop(struct filter_ctx *ctx);
/* The changes of the pass that has ended have been carried out; those that filters of the next one have made
 * before it count from now on. */
void edits_next_pass(struct chain_state *state);

#endif
