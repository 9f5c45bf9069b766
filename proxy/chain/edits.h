/* edits.h: the header fields that filters add to the message under way. Private to chain/. */
#ifndef CHAIN_EDITS_H
#define CHAIN_EDITS_H

#include "chain/state.h"

/* The filter failed: what it has added to this message counts as never added. */
void edits_drop(struct filter_ctx *ctx);

#endif
