/* courier.h: an SMTP client that hands in one kept message, octet for octet, and leaves. To whom is left to
 * release.c. */
#ifndef RELEASE_COURIER_H
#define RELEASE_COURIER_H

#include "base/world.h"
#include "quarantine/entry.h"
#include "smtp/dot.h"
#include "smtp/ehlo.h"
#include "smtp/reply.h"

#define COURIER_TEXT_MAX 256

enum courier_stage {
    COURIER_GREETING,
    COURIER_EHLO,
    COURIER_MAIL,
    COURIER_RCPT,
    COURIER_DATA,
    COURIER_CONTENT, /* being sent, then awaiting its reply */
    COURIER_QUIT,
    COURIER_OVER
};

/* A reply as it is reported. */
struct courier_reply {
    unsigned code; /* 0: there was none */
    char text[COURIER_TEXT_MAX];
};

/* Embedded by value; the first part is the caller's to fill. */
struct courier {
    const struct entry *entry;
    const struct facts *facts;
    struct courier_reply *recipients; /* one for each of the facts', zeroed: what was said to it */
    void (*over)(void *owner);
    void *owner;

    struct wire wire;
    struct reply_reader reader;
    enum courier_stage stage, reached; /* reached: the last one before QUIT */
    struct ehlo offers;
    size_t recipient, accepted; /* the one asked about; how many were accepted */
    uint64_t sent;              /* octets of the content */
    struct dot_writer dot;
    bool chunked;              /* by BDAT rather than DATA */
    bool ended;                /* the end of data has been sent */
    struct courier_reply last; /* to what `reached` says: the message was taken by a 250 to CONTENT */
    int error;                 /* a negative errno of reading the message, or -EINVAL: it cannot be said */
};

/* Begins over an open carrier, in a world whose blocks are in `pool`. over(owner) is called once, after the
 * connection has been closed. */
void courier_begin(struct courier *courier, struct pool *pool, const struct wire_ops *ops, void *carrier);

/* The message has been taken for the recipients that were accepted. */
static inline bool courier_delivered(const struct courier *courier)
{
    return courier->reached == COURIER_CONTENT && courier->last.code / 100 == 2;
}

/* It may have been: the end of data was sent, and no reply came. */
static inline bool courier_in_doubt(const struct courier *courier)
{
    return courier->ended && courier->last.code == 0;
}

/* What a stage is called in a report: "MAIL", "message". */
const char *courier_stage_name(enum courier_stage stage);

#endif
