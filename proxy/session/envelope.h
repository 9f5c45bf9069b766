/* envelope.h: the envelope of a message when it is not, or no longer, the one that the client gave: told to
 * the upstream once more, from RSET on. What filters may change is left to chain/. */
#ifndef SESSION_ENVELOPE_H
#define SESSION_ENVELOPE_H

#include "session/session.h"

/* Filters may take recipients back, edit the envelope, or have it kept with the message: whoever tells the
 * upstream of a message must wait until all that came before has been answered. */
bool envelope_may_change(const struct session *session);

/* Makes the edits of the filters, once, to the session's transaction. False: some were lost for want of room.
 */
bool envelope_edit(struct session *session);

enum envelope_told {
    ENVELOPE_TOLD,   /* the upstream holds what the message is to have */
    ENVELOPE_WAIT,   /* call again on the next round */
    ENVELOPE_NOBODY, /* there is no recipient left; the upstream holds what it held */
    ENVELOPE_REFUSED /* the upstream does not take it: transaction->not_told says why. It needs a RSET */
};

/* Tells the upstream, if need be, the envelope of the session's transaction as it now stands. */
enum envelope_told envelope_tell(struct session *session);

#endif
