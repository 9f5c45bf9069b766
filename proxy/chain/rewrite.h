/* rewrite.h: a reply on its way to the client, shown to every filter in turn. Private to chain/. */
#ifndef CHAIN_REWRITE_H
#define CHAIN_REWRITE_H

#include "chain/state.h"

/* Asks about a reply: CONTINUE, or DISCONNECT to close behind it. *question is changed. */
enum verdict rewrite_walk(struct chain_state *state, struct chain_question *question, struct decision *out);

#endif
