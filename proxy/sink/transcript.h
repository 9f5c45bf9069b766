/* transcript.h: what crossed the sink's connections, one line for each read and each write, so that a test
 * can see which octets travelled together. Where lines go is the owner's affair. */
#ifndef SINK_TRANSCRIPT_H
#define SINK_TRANSCRIPT_H

#include <stdint.h>

#include "postern/span.h"

/* Embedded by value. write gets whole lines, each ending in LF. */
struct transcript {
    void (*write)(void *arg, struct span line);
    void *arg;
};

enum transcript_kind {
    TRANSCRIPT_READ,  /* "N < octets" as they arrived in one piece */
    TRANSCRIPT_WRITE, /* "N > octets" as they were handed to the network */
    TRANSCRIPT_EVENT  /* "N * text": connection and message events */
};

/* One line about session number `session`: CR, LF, tab, backslash and what is not printable ASCII are written
 * as \r \n \t \\ \xHH; more than 2048 octets are cut and their count given. NULL or without write: no-op. Not
 * for production use: AUTH is shown too. */
void transcript_line(const struct transcript *transcript, uint64_t session, enum transcript_kind kind,
                     struct span octets);

#endif
