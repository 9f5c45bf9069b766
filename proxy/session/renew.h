/* renew.h: the session begins anew on the same connection: after STARTTLS (RFC 3207 4.2) and XCLIENT. */
#ifndef SESSION_RENEW_H
#define SESSION_RENEW_H

#include "session/session.h"

/* Forgets all that the client has said and been offered, its AUTH and what filters kept of it. An upstream
 * that knows more of the client than that, or is to be reached in another way now, is let go. */
void renew_session(struct session *session);

#endif
