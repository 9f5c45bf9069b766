/* wire.h: one byte stream as the session core sees it: a bounded buffer each way, and interest that is
 * derived, never toggled. Sockets are left to net/, which implements wire_ops; tests implement them in
 * memory. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/buf.h"

struct wire;

/* What carries the bytes. All are called by wire.c only. */
struct wire_ops {
    /* Sends from s. Returns how many octets have left already (0..len) or a negative errno. If fewer than len
     * left, the rest stays pinned in wire->out and wire_sent() reports it once, later, never from inside this
     * call. */
    long (*write)(struct wire *wire, struct span s);
    /* Starts or stops delivering: space from wire_space(), then wire_received(). */
    void (*read)(struct wire *wire, bool on);
    /* No more bytes will be written: FIN after what has been sent. */
    void (*finish)(struct wire *wire);
    /* The carrier lets go: no callback after this. `abort`: reset rather than an orderly close where it can.
     */
    void (*close)(struct wire *wire, bool abort);
};

/* Embedded by value in its owner. carrier == NULL: closed or never opened. */
struct wire {
    struct buf in;
    struct buf out;
    const struct wire_ops *ops;
    void *carrier;                /* the ops' own */
    void (*advance)(void *owner); /* called after every change that the carrier reports */
    void *owner;
    size_t in_flight;  /* octets at the head of `out` that are pinned by a write */
    uint64_t received; /* octets in all */
    uint64_t sent;     /* octets in all */
    int error;         /* negative errno that ended the stream, or 0 */
    bool eof;          /* the peer will send no more */
    bool reading;      /* what the carrier has been told */
    bool finishing;    /* FIN wanted once `out` is empty */
    bool finished;
    bool paused; /* the owner wants no bytes now, although there is room */
    bool corked; /* what is queued waits for more that is to leave in the same write */
};

/* Prepares a closed wire. advance(owner) will be called from the wire_ functions marked "carrier" below. */
void wire_init(struct wire *wire, struct pool *pool, void (*advance)(void *owner), void *owner);
/* The wire is open from now on: the carrier of a new connection has been attached. Forgets how an earlier one
 * ended; what has been put already is kept for it. */
void wire_attach(struct wire *wire, const struct wire_ops *ops, void *carrier);

/* Another carrier comes between an open wire and its own, which `under`, a closed wire prepared by
 * wire_init(), gets together with what has been received and not yet consumed, and with what waits to be
 * sent, which thus leaves first and unchanged. Nothing may be in flight. */
void wire_divert(struct wire *wire, struct wire *under, const struct wire_ops *ops, void *carrier);

static inline bool wire_open(const struct wire *wire)
{
    return wire->carrier != NULL;
}

/* Open, and neither failed nor ended by the peer. */
static inline bool wire_alive(const struct wire *wire)
{
    return wire->carrier != NULL && wire->error == 0 && !wire->eof;
}

/* Queues all of s, or nothing (false) when it does not fit. Sent by the next wire_update(). */
bool wire_put(struct wire *wire, struct span s);
/* Octets wire_put() would take now. */
size_t wire_put_room(const struct wire *wire);
/* Where bytes for the peer may be composed in place; NULL with *room 0 when there is no room. wire_reserved()
 * then says how many were. */
char *wire_reserve(struct wire *wire, size_t *room);
void wire_reserved(struct wire *wire, size_t n);
/* Sends what is queued and asks the carrier to read exactly if there is room. Called at the end of the
 * owner's advance and nowhere else. A write that fails at once sets wire->error without calling advance: the
 * owner looks at it after this call. */
void wire_update(struct wire *wire);
/* FIN once everything queued has been sent. */
void wire_finish(struct wire *wire);
/* Lets go of the carrier and of both blocks. Bytes not yet sent are lost. A closed wire: no-op. */
void wire_close(struct wire *wire, bool abort);

/* --- carrier side
 * ---------------------------------------------------------------------------------------------- */

/* Where arriving bytes go; NULL when there is no room. */
char *wire_space(struct wire *wire, size_t *room);
/* n octets have been put there (0: none after all). Calls advance when n is not 0. */
void wire_received(struct wire *wire, size_t n);
/* The pinned octets have left, or error is a negative errno. Calls advance. */
void wire_sent(struct wire *wire, int error);
/* The peer has ended its direction (error 0) or the stream has failed (negative errno). Calls advance. */
void wire_ended(struct wire *wire, int error);

#endif
