/* handshake.h: the client's side becomes encrypted, at once or by STARTTLS. TLS itself is left to tls/. */
#ifndef SESSION_HANDSHAKE_H
#define SESSION_HANDSHAKE_H

#include "session/session.h"

/* The step of PHASE_HANDSHAKE. */
enum step handshake_step(struct session *session);
/* The client's side is encrypted. */
bool handshake_done(const struct session *session);

#endif
