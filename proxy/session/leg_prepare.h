/* leg_prepare.h: from an open connection to an upstream that can be told EHLO: TLS on the upstream's side.
 * Which upstream, and what is said to it afterwards, is left to leg_choose.c and leg.c. */
#ifndef SESSION_LEG_PREPARE_H
#define SESSION_LEG_PREPARE_H

#include "session/leg.h"

/* The candidate has been connected to. */
void leg_connected(struct session *session);
/* It has greeted. */
void leg_prepare(struct session *session);
/* Is there more to do, now that its last reply has been read, or TLS has come further? True when something
 * moved. Any octet behind the reply to STARTTLS is an injection: that upstream is not used. */
bool leg_prepare_step(struct session *session);
/* A handshake has come to nothing: the candidate is no good, or is tried without TLS where that will do. */
void leg_unsecured(struct session *session, const char *why);

#endif
