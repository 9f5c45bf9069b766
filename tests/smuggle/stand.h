/* stand.h: a whole session between a client in the hand of the test and an upstream that accepts everything.
 * What is said, and what should come of it, is left to the test. */
#ifndef SMUGGLE_STAND_H
#define SMUGGLE_STAND_H

#include "lab.h"
#include "session/server.h"

struct stand {
    struct lab lab;
    struct server *server;
    struct lab_pipe *client, *upstream; /* upstream: the latest connection; NULL: none */
    size_t heard;                       /* octets of upstream->from that have been answered */
    size_t chunk;                       /* octets of a BDAT chunk that are still to come */
    struct lab_bytes chunks;            /* all that came in chunks */
    bool in_message;
    const char *keywords; /* of the upstream's EHLO reply, one */
};

/* Settings from these lines of a proxy.yaml, with what it needs besides, and no Received field.
 * settings_unref() them. */
struct settings *stand_settings(const char *lines);

/* The client has said EHLO; the upstream offers one keyword, PIPELINING or CHUNKING, say. */
void stand_open(struct stand *stand, struct settings *settings, const char *keyword);
/* The client sends, the upstream answers, until nothing moves any more. */
void stand_say(struct stand *stand, struct span octets);
/* MAIL and RCPT; and DATA. */
void stand_envelope(struct stand *stand);
void stand_data(struct stand *stand);
/* Whether the client's replies from octet `from` on begin as these lines do, one each. */
bool stand_replied(const struct stand *stand, size_t from, struct span lines);
/* The client goes. Asserts that nothing is left over. */
void stand_close(struct stand *stand);

#endif
