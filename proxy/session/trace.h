/* trace.h: the Received field (RFC 5321 4.4). Whether one is wanted is a setting. */
#ifndef SESSION_TRACE_H
#define SESSION_TRACE_H

#include "session/session.h"

/* Prints the field for the session's transaction, CRLF included; nothing when `trace: none`. */
void trace_print(const struct session *session, struct text *text);

#endif
