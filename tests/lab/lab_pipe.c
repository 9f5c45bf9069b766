/* lab_pipe.c: connections in memory: what wire_ops asks for at one end, the test's hand at the other. */
#include "lab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct lab_pipe *lab_pipe_new(struct lab *lab, struct lab_manner manner)
{
    struct lab_pipe *pipe = calloc(1, sizeof(*pipe));

    assert(pipe != NULL);
    pipe->lab = lab;
    pipe->manner = manner;
    TAILQ_INSERT_TAIL(&lab->pipes, pipe, link);
    return pipe;
}

void lab_pipe_free(struct lab_pipe *pipe)
{
    assert(pipe->wire == NULL);
    TAILQ_REMOVE(&pipe->lab->pipes, pipe, link);
    if (pipe->shell != NULL) {
        lab_bytes_free(&pipe->shell->to);
        lab_bytes_free(&pipe->shell->from);
        pipe->shell->free(pipe);
    }
    lab_bytes_free(&pipe->to);
    lab_bytes_free(&pipe->from);
    free(pipe);
}

/* What the connection carries, each way. */
static struct lab_bytes *carried_to(struct lab_pipe *pipe)
{
    return pipe->shell != NULL ? &pipe->shell->to : &pipe->to;
}

static struct lab_bytes *carried_from(struct lab_pipe *pipe)
{
    return pipe->shell != NULL ? &pipe->shell->from : &pipe->from;
}

void lab_pipe_cover(struct lab_pipe *pipe, struct lab_shell *shell, size_t from)
{
    assert(pipe->shell == NULL);
    lab_bytes_add(&shell->to, lab_bytes_from(&pipe->to, pipe->delivered));
    lab_bytes_add(&shell->from, lab_bytes_from(&pipe->from, from));
    pipe->from.len = from;
    pipe->torn -= pipe->torn != 0 ? pipe->delivered : 0;
    pipe->delivered = 0;
    pipe->shell = shell;
}

void lab_pipe_send(struct lab_pipe *pipe, struct span s)
{
    assert(!pipe->ended);
    lab_bytes_add(&pipe->to, s);
}

void lab_pipe_end(struct lab_pipe *pipe)
{
    pipe->ended = true;
}

bool lab_pipe_over(const struct lab_pipe *pipe)
{
    return (pipe->finished || pipe->closed) && (pipe->shell == NULL || pipe->shell->over);
}

void lab_pipe_send_beneath(struct lab_pipe *pipe, struct span s)
{
    assert(pipe->shell != NULL ? !pipe->shell->ended : !pipe->ended);
    lab_bytes_add(carried_to(pipe), s);
}

void lab_pipe_end_beneath(struct lab_pipe *pipe)
{
    pipe->ended = true;
    if (pipe->shell != NULL)
        pipe->shell->ended = true;
}

void lab_pipe_tear(struct lab_pipe *pipe, size_t octets)
{
    pipe->torn = pipe->delivered + octets + 1;
}

/* What has not been delivered is lost, as with TCP. */
void lab_pipe_reset(struct lab_pipe *pipe)
{
    lab_pipe_end_beneath(pipe);
    carried_to(pipe)->len = pipe->delivered;
    pipe->error = -ECONNRESET;
}

void lab_pipe_close(struct lab_pipe *pipe)
{
    pipe->ended = true;
    if (pipe->error == 0)
        pipe->error = -EPIPE;
}

/* Takes what the manner allows of s; the count. */
static size_t take(struct lab_pipe *pipe, struct span s)
{
    size_t most = pipe->manner.accept != 0 ? pipe->manner.accept : s.len;

    if (pipe->stalled)
        return 0;
    s = span_first(s, most);
    lab_bytes_add(carried_from(pipe), s);
    return s.len;
}

static long write_ops(struct wire *wire, struct span s)
{
    struct lab_pipe *pipe = wire->carrier;
    size_t n;

    assert(pipe->pinned.len == 0 && !pipe->finished && !pipe->closed);
    pipe->wire = wire;
    if (pipe->error != 0)
        return pipe->error;
    pipe->writes++;
    n = take(pipe, s);
    pipe->pinned = span_skip(s, n);
    return (long)n;
}

static void read_ops(struct wire *wire, bool on)
{
    struct lab_pipe *pipe = wire->carrier;

    pipe->wire = wire;
    pipe->reading = on;
}

static void finish_ops(struct wire *wire)
{
    struct lab_pipe *pipe = wire->carrier;

    assert(!pipe->finished);
    pipe->finished = true;
}

static void close_ops(struct wire *wire, bool abort)
{
    struct lab_pipe *pipe = wire->carrier;

    pipe->wire = NULL;
    pipe->closed = true;
    pipe->aborted = abort;
    pipe->reading = false;
    pipe->pinned = span_of(NULL, 0);
}

const struct wire_ops lab_wire_ops = {write_ops, read_ops, finish_ops, close_ops};

void lab_pipe_join(struct lab_pipe *pipe, struct wire *wire)
{
    wire_attach(wire, &lab_wire_ops, pipe);
    pipe->wire = wire;
}

static size_t deliverable(struct lab_pipe *pipe)
{
    size_t len = carried_to(pipe)->len;

    if (pipe->torn != 0 && pipe->torn - 1 < len)
        len = pipe->torn - 1;
    return len > pipe->delivered ? len - pipe->delivered : 0;
}

static bool deliver(struct lab_pipe *pipe)
{
    const struct lab_bytes *to = carried_to(pipe);
    size_t left = deliverable(pipe), room;
    size_t n = pipe->manner.piece != 0 ? pipe->manner.piece : left;
    char *space = wire_space(pipe->wire, &room);

    if (space == NULL) { /* reading is only asked for with room: no block could be had */
        pipe->end_told = true;
        wire_ended(pipe->wire, -ENOMEM);
        return true;
    }
    if (pipe->delivered < pipe->manner.split && n > pipe->manner.split - pipe->delivered)
        n = pipe->manner.split - pipe->delivered;
    if (n > left)
        n = left;
    if (n > room)
        n = room;
    memcpy(space, to->ptr + pipe->delivered, n);
    pipe->delivered += n;
    wire_received(pipe->wire, n);
    return true;
}

/* Goes on with a write that was not taken whole. */
static bool take_more(struct lab_pipe *pipe)
{
    if (pipe->error != 0) {
        pipe->pinned = span_of(NULL, 0);
        wire_sent(pipe->wire, pipe->error);
        return true;
    }
    if (pipe->stalled)
        return false;
    pipe->pinned = span_skip(pipe->pinned, take(pipe, pipe->pinned));
    if (pipe->pinned.len == 0)
        wire_sent(pipe->wire, 0);
    return true;
}

static bool ended(const struct lab_pipe *pipe)
{
    if (pipe->torn != 0 && pipe->delivered + 1 >= pipe->torn)
        return true;
    return pipe->shell != NULL ? pipe->shell->ended : pipe->ended;
}

bool lab_pipe_step(struct lab_pipe *pipe)
{
    if (pipe->shell != NULL && pipe->shell->step(pipe))
        return true;
    if (pipe->wire == NULL)
        return false;
    if (pipe->pinned.len != 0 && take_more(pipe))
        return true;
    if (!pipe->reading)
        return false;
    if (deliverable(pipe) != 0)
        return deliver(pipe);
    if (!ended(pipe) || pipe->end_told)
        return false;
    pipe->end_told = true;
    wire_ended(pipe->wire, pipe->error == -ECONNRESET ? pipe->error : 0);
    return true;
}
