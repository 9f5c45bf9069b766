/* verb_rcpt.h: composing RCPT, for whoever has to tell the upstream of a recipient again. */
#ifndef SESSION_VERB_RCPT_H
#define SESSION_VERB_RCPT_H

#include "session/session.h"

/* exchange's line: RCPT for its recipient, with what of the parameters the upstream offers now. False: no
 * memory. */
bool verb_rcpt_compose(struct session *session, struct exchange *exchange, struct span parameters);

#endif
