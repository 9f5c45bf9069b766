/* verb_mail.h: sending MAIL to the upstream, for whoever has to do it later than MAIL came. */
#ifndef SESSION_VERB_MAIL_H
#define SESSION_VERB_MAIL_H

#include "session/leg.h"

/* Composes the session's transaction's MAIL for what the upstream offers now and forwards it as `exchange`.
 * NONE with *why: the upstream cannot take this message; with *why == NULL: there is no upstream. */
enum leg_forward verb_mail_send(struct session *session, struct exchange *exchange, const struct reply **why);

/* exchange's line: MAIL as the transaction now has it, with what of its parameters the upstream offers now.
 * NULL, or why there can be none. */
const struct reply *verb_mail_compose(struct session *session, struct transaction *transaction,
                                      struct exchange *exchange);

#endif
