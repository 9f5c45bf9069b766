/* authentication.h: who the client is by its AUTH, as far as the mechanism shows it to whoever reads along,
 * and as the upstream has accepted it. The dialogue itself is left to verb_auth.c. */
#ifndef SESSION_AUTHENTICATION_H
#define SESSION_AUTHENTICATION_H

#include "session/session.h"

/* AUTH is on its way with this mechanism and initial response (absent: none). */
void authentication_begin(struct session *session, struct span mechanism, struct span initial);
/* The client's next response, in base64. */
void authentication_response(struct session *session, struct span response);
/* The upstream has answered: what has been gathered holds from now on, or is forgotten. */
void authentication_end(struct session *session, bool accepted);
void authentication_forget(struct session *session);
/* Fills `authentication` and `identity`. */
void authentication_facts(const struct session *session, struct filter_facts *out);

#endif
