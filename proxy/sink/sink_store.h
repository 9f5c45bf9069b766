/* sink_store.h: where the sink puts a message, as the session sees it. Bodies: maildir.c, memory_store.c. */
#ifndef SINK_SINK_STORE_H
#define SINK_SINK_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "postern/span.h"

/* A path with its ESMTP parameters, as the client wrote them. */
struct sink_recipient {
    struct span address; /* without angle brackets */
    struct span parameters;
    struct sink_recipient *next;
};

/* Spans are valid as long as the message is being stored. */
struct sink_envelope {
    struct ip peer;
    struct span helo;
    struct span hostname; /* the sink's own name */
    bool extended;        /* EHLO */
    bool authenticated;
    bool binary;              /* BODY=BINARYMIME */
    struct span reverse_path; /* without angle brackets; empty for <> */
    struct span parameters;
    struct sink_recipient *recipients; /* in the order given */
};

struct sink_store;
struct sink_letter; /* one message being stored; the body's own */

struct sink_store_ops {
    /* NULL: cannot store now (452 4.3.1). */
    struct sink_letter *(*begin)(struct sink_store *store, const struct sink_envelope *envelope);
    /* 0 or a negative errno; content in pieces of any size, lines ending in CRLF. */
    int (*write)(struct sink_store *store, struct sink_letter *letter, struct span content);
    /* 0: the message is durable. Otherwise a negative errno and no trace of it is left. The letter is gone.
     */
    int (*commit)(struct sink_store *store, struct sink_letter *letter);
    /* No trace is left; the letter is gone. */
    void (*abort)(struct sink_store *store, struct sink_letter *letter);
};

/* Embedded by value at the head of whatever implements it. */
struct sink_store {
    const struct sink_store_ops *ops;
};

#endif
