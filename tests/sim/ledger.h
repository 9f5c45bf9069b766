/* ledger.h: what the client was told and what the upstream has stored, held against each other. Knows nothing
 * of what is between them. */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "postern/filter.h"
#include "message.h"

struct client;
struct sim;
struct upstream;

/* The client read the answer to its end of data. */
void ledger_told(struct sim *sim, struct message *message, unsigned code);
/* The upstream got an end of data; accepted: it takes the message over. */
void ledger_end(struct upstream *upstream, bool accepted);
/* The upstream took a recipient. */
void ledger_recipient(struct sim *sim, const struct message *message, unsigned which);
/* An enforcing filter decided against a message (which < 0) or one recipient of it. */
void ledger_decided(struct sim *sim, struct message *message, int which, enum verdict verdict);
/* All sessions are over: what holds of each message, of each session, and of all. */
void ledger_close(struct sim *sim);

/* --- ledger_milters.c */
void ledger_take_tails(struct lab_bytes *content, const struct message *message, unsigned *seen);
/* What was stored has all that each milter has done, or nothing. */
void ledger_check_milters(struct sim *sim, const struct message *message);

#endif
