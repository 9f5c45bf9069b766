/* identity.h: how an upstream is told who the client is: PROXY header, XCLIENT, XFORWARD. The client's own
 * address as source of the connection is leg_choose.c's. */
#ifndef SESSION_IDENTITY_H
#define SESSION_IDENTITY_H

#include "session/leg.h"

/* The upstream's EHLO reply says what may be told with XFORWARD. */
void identity_offered(struct session *session, const struct ehlo *caps);
/* Queues the PROXY header, if this upstream is to get one: before anything else. False: no room. */
bool identity_header(struct session *session);
/* Before an EHLO or HELO of the client's goes to a greeted upstream, and before a MAIL to a ready one: tells
 * it who the client is, if it is to be told. FORWARDED: nothing is left to be told; WAIT: not yet; NONE: it
 * cannot be told and is no good without (LEG_FAILED). */
enum leg_forward identity_before_helo(struct session *session, struct span helo, bool extended);
enum leg_forward identity_before_mail(struct session *session, struct transaction *transaction);

#endif
