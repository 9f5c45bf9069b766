/* visit.h: one filter asked once. Private to chain/. */
#ifndef CHAIN_VISIT_H
#define CHAIN_VISIT_H

#include "chain/state.h"

/* True when the filter is interested in the event and has not left the message or the session. */
bool visit_wanted(const struct filter_ctx *ctx, enum filter_event event);
/* Asks it. The verdict is the filter's own, unchecked; a rewritten reply is found in state->rewrite. */
enum verdict visit_make(struct filter_ctx *ctx, struct chain_question *question);

#endif
