/* pass.h: the filters read the message to its end: those that see what others have made of it when these have
 * read it, from what the sink holds. Private to body. */
#ifndef SESSION_PASS_H
#define SESSION_PASS_H

#include "session/session.h"

/* The content has come to its end. AGAIN: every filter has had its last word on it, or it goes nowhere; may
 * be called again. WAIT: a filter thinks, or others are served before more is read. */
enum step pass_step(struct session *session);
/* Nothing more is read. */
void pass_end(struct session *session);

#endif
