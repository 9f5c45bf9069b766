/* phase.h: the phases of a session, one table row each. The steps are in the files of their names. */
#ifndef SESSION_PHASE_H
#define SESSION_PHASE_H

#include "session/session.h"

/* Makes it the session's phase; its time limit counts from now. */
void phase_enter(struct session *session, enum phase phase);
/* Runs the present phase's step once. */
enum step phase_step(struct session *session);
/* Milliseconds the client may take in the present phase; 0: no limit of the client's (the upstream's or a
 * filter's counts). */
uint64_t phase_limit(const struct session *session);

#endif
