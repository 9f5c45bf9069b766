/* park.h: the one question of a session that waits for its answer, and the time limit on it. Private to
 * chain/. */
#ifndef CHAIN_PARK_H
#define CHAIN_PARK_H

#include "chain/state.h"

struct parked {
    struct alarm alarm; /* rings at the time limit, or at once when the answer is there */
    struct chain_question question;
    struct filter_ctx *ctx; /* who was asked */
    enum verdict verdict;   /* PENDING: no answer yet */
    bool late;              /* the answer is FAIL because the time limit passed */
};

/* The filter answered PENDING. -1 when memory is short: the question has been withdrawn from the filter. */
int parked_make(struct filter_ctx *ctx, const struct chain_question *question);
/* Forgets the question; a filter that has not answered yet is told by cancel(). */
void parked_end(struct chain_state *state);
/* The event that ctx is still asked about; FILTER_EVENTS: none. */
enum filter_event parked_event(const struct filter_ctx *ctx);

#endif
