/* sink.h: where the content of a message goes: one interface, two bodies (stream, spool), and the framing
 * both use toward the upstream. What content is, is left to body.c. */
#ifndef SESSION_SINK_H
#define SESSION_SINK_H

#include "base/hold.h"
#include "mail/header_edit.h"
#include "session/session.h"
#include "smtp/dot.h"

struct sink;

enum sink_result {
    SINK_DONE,
    SINK_WAIT,  /* no room upstream: ask again on the next round */
    SINK_FAILED /* no memory or disk: 452, or the upstream is gone: body_refuse() has been told */
};

struct sink_ops {
    /* Takes octets from the front of content; the count, 0: no room now, or a negative errno (-ENOSPC,
     * -ENOMEM, -EIO). */
    long (*write)(struct sink *sink, struct span content);
    /* The content becomes what filters have made of it: its header section, the first `section` octets, all
     * written by now, as edited; behind it the new body, whose octets become the sink's, NULL: the one there
     * is. May be called again, for the content as it then is. 0 or a negative errno. NULL: cannot be edited.
     */
    int (*edit)(struct sink *sink, const struct header_edit *edits, size_t section, struct hold *body);
    /* From now on content may flow to the upstream, our trace field in its place. 0 or a negative errno. */
    int (*release)(struct sink *sink, struct span trace);
    /* The next octets of the content as it is now: after release() as the upstream gets them, trace field
     * included, unframed. From the start again after edit() and release(). The count, 0 at the end of what
     * is held, or a negative errno. What is sent does not count on it. NULL: nothing is held. */
    long (*read)(struct sink *sink, char *to, size_t len);
    /* Sends what is still held. DONE: everything has been handed to the upstream's buffer. */
    enum sink_result (*drain)(struct sink *sink);
    void (*free)(struct sink *sink);
};

/* How the upstream is told where the content ends. */
enum sink_framing { SINK_DOT, SINK_BDAT };

/* Common head of both bodies. */
struct sink {
    const struct sink_ops *ops;
    struct session *session;
    enum sink_framing framing;
    struct dot_writer dot;
    uint64_t sent; /* octets of content handed to the upstream's buffer */
};

/* Content goes on as it comes. */
struct sink *sink_stream_new(struct session *session, enum sink_framing framing);
/* Content is held, in memory and then in a file, until release(). */
struct sink *sink_spool_new(struct session *session, enum sink_framing framing);

/* For the bodies: hands content to the upstream's buffer, framed. The count taken, 0: no room now, or a
 * negative errno. */
long sink_send(struct sink *sink, struct span content);
/* The end of data: sent when it fits and the rules of the framing allow; then exchange's reply is awaited. */
enum sink_result sink_finish(struct sink *sink, struct exchange *exchange);

#endif
