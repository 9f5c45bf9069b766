/* capabilities.h: what the client is offered, given what the upstream offers, the settings and the filters.
 * Parsing and printing are left to smtp/ehlo. */
#ifndef SESSION_CAPABILITIES_H
#define SESSION_CAPABILITIES_H

#include "session/session.h"
#include "smtp/ehlo.h"
#include "smtp/reply.h"

/* What an EHLO reply offers; its first line is a greeting. A refusal offers nothing. */
void capabilities_read(struct ehlo *caps, const struct reply_in *reply);
/* Remembers what an upstream offered, for sessions that connect late. */
void capabilities_learn(struct session *session, const struct ehlo *caps);
/* What was remembered is no longer to be relied on. */
void capabilities_forget(struct session *session);
/* As last seen; NULL: no upstream has been seen yet. */
const struct ehlo *capabilities_known(const struct session *session);
/* Computes the offer, asks the filters, and makes it the session's. *offer is filled for ehlo_print(). */
void capabilities_offer(struct session *session, const struct ehlo *upstream, struct ehlo *offer);

#endif
