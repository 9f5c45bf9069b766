/* timer.h: the one timer a filter may hold in a session. Private to chain/. */
#ifndef CHAIN_TIMER_H
#define CHAIN_TIMER_H

#include "chain/state.h"

/* Gives the timer back; none set: a no-op. */
void timer_clear(struct filter_ctx *ctx);

#endif
