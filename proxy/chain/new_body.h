/* new_body.h: the bodies that filters write in place of the one that came. Private to chain/. */
#ifndef CHAIN_NEW_BODY_H
#define CHAIN_NEW_BODY_H

#include "chain/state.h"

/* The filter failed: it has written none. */
void new_body_drop(const struct filter_ctx *ctx);
/* None has. */
void new_bodies_free(struct chain_state *state);

#endif
