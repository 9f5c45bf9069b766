/* leg_choose.h: how leg.c and leg_choose.c work together. Private to them. */
#ifndef SESSION_LEG_CHOOSE_H
#define SESSION_LEG_CHOOSE_H

#include "session/leg.h"

/* No upstream is to be had, and this is what to answer. The first reason given by an upstream itself is kept.
 */
void leg_fail(struct session *session, unsigned code, struct span enhanced, struct span text);
/* The reply that ends the greeting phase. 4xx: another candidate may do better. */
void leg_welcomed(struct session *session, const struct reply_in *reply);
/* Somebody here waits for this upstream to become ready, and no client has been told that it is there:
 * another one may do. */
bool leg_choosing(const struct session *session);
/* The present candidate once more, from the beginning. */
void leg_retry(struct session *session);
/* Nobody hears any more what the upstream answers. Exchanges of the client stay in its FIFO. */
void leg_forget(struct leg *leg);

#endif
