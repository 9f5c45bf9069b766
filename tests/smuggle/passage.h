/* passage.h: a message's way through the framing alone, dot_read() to dot_write(), without a session. */
#ifndef SMUGGLE_PASSAGE_H
#define SMUGGLE_PASSAGE_H

#include "reference.h"
#include "smtp/dot.h"

#define PASSAGE_LINE_LIMIT 5 /* octets with CRLF; more are a fault */

struct passage {
    struct span input;
    enum dot_policy policy;
    unsigned faults;
    size_t end; /* octets of input up to the end; 0: it does not end */
    char content[2 * REFERENCE_MOST];
    size_t len;
    char upstream[4 * REFERENCE_MOST]; /* what goes on, with an end if the message may have one */
    size_t sent;
};

/* Feeds input in pieces of so many octets, and gives the writer room for only so many at a time. */
void passage_go(struct passage *passage, struct span input, enum dot_policy policy, size_t piece,
                size_t room);
/* The same content as dot_write() gets it from a spool, all at once: what then goes on, into `upstream`; the
 * octets. */
size_t passage_held(const struct passage *passage, char *upstream);
/* The message is passed on to its end. */
static inline bool passage_accepted(const struct passage *passage)
{
    return passage->end != 0 && (passage->policy == DOT_NORMALISE ||
                                 (passage->faults & (DOT_BARE_CR | DOT_BARE_LF | DOT_NUL)) == 0);
}

#endif
