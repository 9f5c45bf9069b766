/* stream.h: carries a wire over a TCP connection or a local socket. Making connections is left to listener.c
 * and dial.c. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <uv.h>

#include "base/ip.h"
#include "base/wire.h"

struct stream;

/* What wire_attach() gets together with a stream as the carrier, which then belongs to the wire. */
extern const struct wire_ops stream_wire_ops;

/* Takes over a connected, non-blocking socket. NULL when memory or descriptors are short; fd is closed then.
 */
struct stream *stream_adopt(uv_loop_t *loop, int fd);
/* Where a connection goes, and how. */
struct stream_route {
    const char *path; /* of a local socket; NULL: to `peer` */
    struct ip peer;
    struct ip source; /* as in struct dial; of the peer's family, or of none */
    uint32_t mark;    /* likewise */
};

/* A stream that is being connected; `request` must live until `done`, which is also called (with
 * UV_ECANCELED) when the stream is discarded before. NULL and *error when it could not even begin; then
 * `done` is not called: -EPERM for a source or mark that the process has no right to, -ENAMETOOLONG for a
 * path that no socket can have. */
struct stream *stream_connect(uv_loop_t *loop, const struct stream_route *route, uv_connect_t *request,
                              uv_connect_cb done, int *error);
/* Gives a connected stream to a closed wire. */
void stream_attach(struct stream *stream, struct wire *wire);
/* Reading was begun while connecting; ends it if the wire wants no bytes yet. After stream_attach(). */
void stream_settle(struct stream *stream);
/* Closes a stream that no wire owns. */
void stream_discard(struct stream *stream);

#endif
