/* envelope.h: what filters change in the envelope of the message under way. Private to chain/. */
#ifndef CHAIN_ENVELOPE_H
#define CHAIN_ENVELOPE_H

#include "chain/state.h"

/* The filter failed: what it has changed in this envelope counts as never changed. */
void envelope_drop(struct filter_ctx *ctx);

#endif
