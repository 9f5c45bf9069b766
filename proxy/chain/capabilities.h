/* capabilities.h: the question whose answer is what filters do to the EHLO keywords. Private to chain/. */
#ifndef CHAIN_CAPABILITIES_H
#define CHAIN_CAPABILITIES_H

#include "chain/state.h"

struct filter_capabilities {
    const struct ehlo *upstream; /* NULL: not known yet */
    struct ehlo *offer;
};

/* Lets the filter change what is offered; what one that observes changes has no effect. */
void capabilities_ask(struct filter_ctx *ctx, const struct chain_question *question);

#endif
