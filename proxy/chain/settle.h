/* settle.h: what a filter's verdict comes to: mode, on_failure, scope. Private to chain/. */
#ifndef CHAIN_SETTLE_H
#define CHAIN_SETTLE_H

#include "chain/state.h"

/* True: the filter's verdict is the chain's and *out is filled; false: the next filter is asked. */
bool settle_verdict(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict,
                    struct decision *out);
/* The filter could not decide. As settle_verdict(). */
bool settle_failure(struct filter_ctx *ctx, enum filter_event event, struct span why, struct decision *out);
/* A filter that could not even be asked. As settle_verdict(). */
bool settle_member_failure(struct member *member, struct span why, struct decision *out);
/* Counts a verdict that the chain has made its own. */
void settle_count(struct member *member, enum verdict verdict);

#endif
