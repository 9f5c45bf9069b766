/* note.h: what the chain and its filters write to the log. Private to chain/. */
#ifndef CHAIN_NOTE_H
#define CHAIN_NOTE_H

#include "chain/state.h"

/* A filter refuses the message, or would, for a field or a part of it: which one. */
void note_matched(struct filter_ctx *ctx, const struct chain_question *question);
/* A filter in observe mode would have answered so. */
void note_observed(struct filter_ctx *ctx, enum filter_event event, enum verdict verdict, struct span reason);
/* True when the filter observes: its edit is logged and counted, and must not be made. */
bool note_withheld(struct filter_ctx *ctx, const char *edit, struct span what);
/* A filter could not decide. */
void note_failed(struct filter_ctx *ctx, enum filter_event event, struct span why);

#endif
