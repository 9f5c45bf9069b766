/* deadline.h: one alarm per session for every time limit. What a limit means is in the table of phases and
 * settings. */
#ifndef SESSION_DEADLINE_H
#define SESSION_DEADLINE_H

#include "session/session.h"

/* Sets the alarm to the earliest limit in force. Called at the end of every round. */
void deadline_arm(struct session *session);
/* A wait for the client begins now: limits count from here. */
void deadline_restart(struct session *session);

#endif
