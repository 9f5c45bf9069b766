/* journal.h: what a session writes to the log. Composing a line is left to base/log. */
#ifndef SESSION_JOURNAL_H
#define SESSION_JOURNAL_H

#include "session/session.h"

struct transaction;

/* One line when a client connects and one when it goes. */
void journal_connected(const struct session *session);
void journal_closed(const struct session *session);
/* TLS is up on one side ("client", "upstream"). */
void journal_encrypted(const struct session *session, const char *side, const struct wire *wire);
/* The summary line of a transaction that is over; only the first call writes. */
void journal_transaction(const struct session *session, struct transaction *transaction);
/* A filter refused the client or one of its commands outside a transaction. */
void journal_refused(const struct session *session, const char *verb, const struct decision *decision);
/* An event of the session with one text; text is escaped. */
void journal_event(const struct session *session, enum log_level level, const char *event, struct span text);

#endif
