/* bell.h: the bells of filters that other threads ring. Who rings is left to filters/. Private to chain/. */
#ifndef CHAIN_BELL_H
#define CHAIN_BELL_H

#include "chain/state.h"

/* Closes every bell of the filter in this session. */
void bells_close(struct filter_ctx *ctx);

#endif
