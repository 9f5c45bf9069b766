/* mbox.h: splits the octets of a file into messages: those of an mbox (RFC 4155), or the one that it is.
 * Files are left to mailbox.c. */
#ifndef SCAN_MBOX_H
#define SCAN_MBOX_H

#include "postern/span.h"

/* Embedded by value. */
struct mbox {
    struct span rest;
    size_t number; /* of the message given last */
    bool quoted;   /* it is an mbox */
    const char
        *kept; /* NULL, or as stored_advance() takes it (scan/stored.h): what has been read leaves memory */
};

void mbox_init(struct mbox *mbox, struct span file);
/* The next message: neither its "From " line nor the empty line behind it belong to it. An empty file is one
 * empty message. False: there are no more. */
bool mbox_next(struct mbox *mbox, struct span *content);

#endif
