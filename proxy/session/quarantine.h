/* quarantine.h: a message that is kept instead of delivered, by a filter's decision. Where and how it is kept
 * is left to the world, what the chain does about it to chain/. */
#ifndef SESSION_QUARANTINE_H
#define SESSION_QUARANTINE_H

#include "session/session.h"

struct custody; /* of one message, while it is being kept */

/* A filter has decided so: the transaction goes on, its message will be kept. */
void quarantine_decided(struct transaction *transaction, const struct decision *decision);

/* The content has come to its end, the filters have had their last word. Keeps it, answers when it is durable
 * or cannot be kept. WAIT: until then; AGAIN: it is refused. */
enum step quarantine_step(struct session *session);
/* The message is being kept: what the upstream does is of no interest any more. */
bool quarantine_busy(const struct session *session);
/* The body goes; what is under way is given up. */
void quarantine_end(struct session *session);

#endif
