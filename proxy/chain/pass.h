/* pass.h: which filters read a message together. Private to chain/. */
#ifndef CHAIN_PASS_H
#define CHAIN_PASS_H

#include "chain/state.h"

/* True when a filter about to be added reads what the filters of the last pass may change. */
bool pass_separates(const struct chain *chain, const struct chain_member *member);
/* Another pass, so far without filters. False when memory is short. */
bool pass_begin(struct chain *chain);
/* The member just added joins the last pass. */
void pass_admit(struct chain *chain, const struct chain_member *added);

#endif
