/* greet.h: from the accepted connection to the banner. Connecting is left to leg.c. */
#ifndef SESSION_GREET_H
#define SESSION_GREET_H

#include "session/session.h"

/* The step of PHASE_GREET. */
enum step greet_step(struct session *session);

#endif
