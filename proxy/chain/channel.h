/* channel.h: the byte channels that filters have open. What is said over them is left to filters/. Private to
 * chain/. */
#ifndef CHAIN_CHANNEL_H
#define CHAIN_CHANNEL_H

#include "chain/state.h"

/* Closes every channel of the filter in this session; it is not told. */
void channels_close(struct filter_ctx *ctx);

#endif
