/* late.h: content that is taken before the upstream has been asked for it. Where filters may change the
 * envelope at the end of the message, or have the message kept, the upstream's transaction stays open,
 * without DATA, until they have had their last word; 354 is ours, and chunks are held here. The content
 * itself is left to body.c. */
#ifndef SESSION_LATE_H
#define SESSION_LATE_H

#include <stdint.h>

#include "session/session.h"

/* The filters of this session may change envelopes, or want messages kept. */
bool late_wanted(const struct session *session);
/* Content begins in session->body, which is held whole. A failure refuses the body. */
void late_open(struct session *session);
/* The filters have had their last word: tells the upstream the envelope as it now is, asks it for content.
 * AGAIN: it is ready, or the message is refused, kept or goes nowhere; WAIT: call again on the next round. */
enum step late_step(struct session *session);
/* When the upstream, which waits for a command meanwhile, is to be told that we are still there; UINT64_MAX:
 * not at all. */
uint64_t late_reminder(const struct session *session);
void late_remind(struct session *session);

#endif
