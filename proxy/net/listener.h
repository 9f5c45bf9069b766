/* listener.h: accepts connections on a listening socket. Opening the socket is left to bind.c. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/loop.h"
#include "net/stream.h"
#include "net/transparent.h"

struct listener;

/* A connection that was accepted; `stream` belongs to whom it is given. */
struct listener_catch {
    struct stream *stream;
    struct ip peer;
    struct ip local;
    struct ip original; /* by transparent_original() */
};

/* Accepts on fd, which is bound to *local, from now on. NULL: no memory; the caller keeps fd. */
struct listener *listener_open(struct loop *loop, int fd, const struct ip *local,
                               void (*caught)(void *owner, const struct listener_catch *caught), void *owner);
/* How connections meant for others come to it, from now on; at first none does. */
void listener_set_way(struct listener *listener, enum transparent_way way);
/* Accepts what has already connected: who was greeted by the kernel is not turned away. */
void listener_last_call(struct listener *listener);
/* Closes the socket; nothing more is caught. */
void listener_close(struct listener *listener);

#endif
