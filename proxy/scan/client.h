/* client.h: an SMTP client that hands in one stored message and leaves. To whom is left to trial.c. */
#ifndef SCAN_CLIENT_H
#define SCAN_CLIENT_H

#include "base/world.h"
#include "scan/envelope.h"
#include "scan/feed.h"
#include "scan/finding.h"
#include "smtp/reply.h"

enum client_stage {
    CLIENT_GREETING,
    CLIENT_HELO,
    CLIENT_MAIL,
    CLIENT_RCPT,
    CLIENT_DATA,
    CLIENT_CONTENT, /* being sent, then awaiting its reply */
    CLIENT_QUIT,
    CLIENT_OVER
};

/* Embedded by value. */
struct client {
    struct wire wire;
    enum client_stage stage;
    struct reply_reader reader;
    const char *helo;
    const struct envelope *envelope;
    struct feed feed;
    size_t recipient; /* the one asked about */
    struct finding *finding;
    void (*over)(void *owner);
    void *owner;
};

/* Begins over an open carrier, in a world whose blocks are in `pool`. What is pointed to must live until
 * over(owner) is called, once, after the connection has been closed; client_free() comes later. The answers
 * are put into *finding. */
void client_begin(struct client *client, struct pool *pool, const struct wire_ops *ops, void *carrier);

#endif
