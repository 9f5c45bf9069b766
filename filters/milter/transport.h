/* transport.h: the ways in which packets come to a milter and back: a socket, or a call within this process.
 * What is in them is left to client.c. */
#ifndef FILTERS_MILTER_TRANSPORT_H
#define FILTERS_MILTER_TRANSPORT_H

#include "postern/filter_io.h"

/* One session's way to one milter, as its transport made it. */
struct milter_link;

struct milter_transport {
    /* Makes a link to the milter's n-th address; what comes of it is told by the functions below. NULL: it
     * cannot be begun. */
    struct milter_link *(*open)(struct filter_ctx *ctx, size_t address);
    /* Sends octets of whole packets; how many have been taken. When they are not all, milter_writable() is
     * called once there is room. */
    size_t (*send)(struct milter_link *link, struct span packets);
    /* Both close: nothing more is told. At an orderly end what has been sent, and the goodbye, which may be
     * empty, leave as far as they can at once: nobody waits for a milter that is not needed any more. */
    void (*part)(struct milter_link *link, struct span goodbye);
    void (*close)(struct milter_link *link);
    /* The milter is called in this process: a link needs no connection to be made first, and what is sent in
     * one go is answered in one go, up to the first answer that ends it; a SKIP ends only what is like it. */
    bool at_once;
};

extern const struct milter_transport milter_by_channel, milter_by_module;

/* What a transport tells the client of the session, on its thread and never from inside a call above. */
void milter_connected(struct filter_ctx *ctx);
/* Octets that the milter has said; they may be half a packet. How many have been taken. */
size_t milter_heard_octets(struct filter_ctx *ctx, struct span octets);
void milter_writable(struct filter_ctx *ctx);
/* The last that is told: the link is gone, for an error (negative errno) or because the milter has ended it
 * (0). */
void milter_ended(struct filter_ctx *ctx, int error);

#endif
