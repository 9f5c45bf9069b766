/* dialogue.h: the client's commands, one after the other. What each verb is, is in verbs.h. */
#ifndef SESSION_DIALOGUE_H
#define SESSION_DIALOGUE_H

#include "session/session.h"

/* The step of PHASE_COMMAND: moves the command under way on, or the next line becomes one. */
enum step dialogue_step(struct session *session);

#endif
