/* trial.h: stored messages handed to a session as it runs in production, one after the other, each by a
 * client of its own. Where messages come from and what is told of them is left to the program. */
#ifndef SCAN_TRIAL_H
#define SCAN_TRIAL_H

#include "base/ip.h"
#include "scan/feed.h"
#include "scan/finding.h"
#include "scan/stage.h"

struct settings;
struct trial;

/* Who the client claims to be. Strings must outlive the trial. */
struct trial_client {
    struct ip address;
    const char *helo;
    const char *from;      /* mailbox, "" for <>; NULL: as the message tells (scan/envelope.h) */
    const char *recipient; /* mailbox; NULL: as the message tells */
};

/* Takes over the reference to settings, also when it fails, and sends what they let through to an upstream in
 * memory that keeps nothing. Their listeners are not opened: the session believes to belong to the first, but
 * without TLS. The world must outlive the trial. heard(owner), if not NULL, gets each line of the log. NULL:
 * no memory. */
struct trial *trial_new(struct world *world, struct settings *settings, const struct trial_client *client,
                        void (*heard)(void *owner, struct span line), void *owner);
/* No message may be under way. */
void trial_free(struct trial *trial);

/* Begins with a message. *finding is complete when done(owner) is called, once, never from inside this call.
 * 0, or a negative errno: then done() is not called. */
int trial_begin(struct trial *trial, const struct letter *letter, struct finding *finding,
                void (*done)(void *owner), void *owner);

#endif
