/* edits.h: what filters change in the header section of the message under way. Private to chain/. */
#ifndef CHAIN_EDITS_H
#define CHAIN_EDITS_H

#include "chain/state.h"

/* The filter failed: what it has changed in this message counts as never changed. */
void edits_drop(struct filter_ctx *ctx);

#endif
