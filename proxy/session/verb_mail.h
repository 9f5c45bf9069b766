/* verb_mail.h: sending MAIL to the upstream, for whoever has to do it later than MAIL came. */
#ifndef SESSION_VERB_MAIL_H
#define SESSION_VERB_MAIL_H

#include "session/leg.h"

/* Composes the session's transaction's MAIL for what the upstream offers now and forwards it as `exchange`.
 * NONE with *why: the upstream cannot take this message; with *why == NULL: there is no upstream. */
enum leg_forward verb_mail_send(struct session *session, struct exchange *exchange, const struct reply **why);

#endif
