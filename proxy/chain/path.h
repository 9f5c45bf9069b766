/* path.h: how a filter writes an address. Private to chain/. */
#ifndef CHAIN_PATH_H
#define CHAIN_PATH_H

#include "base/text.h"
#include "chain/state.h"

/* Prints the address, given without angle brackets, as the upstream is told it. reverse: of MAIL, <> may be
 * one; utf8: it may be internationalised. False: it is none, or does not fit. */
bool path_print(struct text *text, struct span address, bool reverse, bool utf8);

#endif
