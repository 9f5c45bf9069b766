/* helo.h: the names that filters have the upstream told in place of the client's. Private to chain/. */
#ifndef CHAIN_HELO_H
#define CHAIN_HELO_H

struct chain_state;

/* What was rewritten at the last HELO or EHLO is no longer needed. */
void helo_forget(struct chain_state *state);

#endif
