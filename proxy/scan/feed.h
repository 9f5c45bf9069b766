/* feed.h: a stored message as a client sends it behind DATA. Where it was stored is left to mailbox.c. */
#ifndef SCAN_FEED_H
#define SCAN_FEED_H

#include <stddef.h>

#include "postern/span.h"

#define FEED_ROOM 4 /* octets that feed_write() needs to get on */

/* A message as it lies in a file. The spans belong to whoever keeps the file. */
struct letter {
    const char *name;
    struct span content; /* lines end with LF or CRLF */
    bool quoted;         /* of an mbox: one '>' of "^>+From " is taken away */
    bool mapped;         /* what has been sent may leave memory (scan/stored.h) */
};

/* Embedded by value. */
struct feed {
    struct span rest; /* behind the line under way */
    struct span line; /* what is left of its text */
    const char *kept; /* as stored_advance() takes it */
    enum { FEED_BEGIN, FEED_DOT, FEED_LINE, FEED_OVER } state;
    bool quoted;
};

void feed_init(struct feed *feed, const struct letter *letter);
/* Puts the next octets at `to`: lines end with CRLF, also the last one, dots are stuffed, and the end of data
 * follows (RFC 5321 4.5.2). Bare CR and NUL stay as they are. How many; 0 when all have been, or room is
 * below FEED_ROOM. */
size_t feed_write(struct feed *feed, char *to, size_t room);

static inline bool feed_over(const struct feed *feed)
{
    return feed->state == FEED_OVER;
}

#endif
