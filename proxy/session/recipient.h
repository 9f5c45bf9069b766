/* recipient.h: the answer to a RCPT that the filters have let pass: before the client hears of it, they are
 * asked about it. Getting an answer is left to verb_rcpt.c. */
#ifndef SESSION_RECIPIENT_H
#define SESSION_RECIPIENT_H

#include "session/verbs.h"

/* Some filter is interested: a RCPT is then over before the next command is looked at. */
bool recipient_asked(const struct session *session);
/* The upstream has answered, NULL: and will not. Nobody is interested: so is the client. */
void recipient_heard(struct session *session, struct exchange *exchange, const struct reply_in *reply);
/* The answer is ours. */
void recipient_heard_here(struct session *session, struct exchange *exchange, unsigned code,
                          struct span enhanced, struct span text);
/* Asks the filters about what has been heard, and answers. WAIT: nothing has been heard yet, or a filter
 * thinks; call again. */
enum proceed recipient_settle(struct session *session, struct exchange *exchange);

#endif
