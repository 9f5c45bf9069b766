/* wire.c: one byte stream, a bounded buffer each way, derived interest; sockets are left to net/. */
#include "base/wire.h"

#include <assert.h>

void wire_init(struct wire *wire, struct pool *pool, void (*advance)(void *owner), void *owner)
{
    *wire = (struct wire){.advance = advance, .owner = owner};
    buf_init(&wire->in, pool);
    buf_init(&wire->out, pool);
}

void wire_attach(struct wire *wire, const struct wire_ops *ops, void *carrier)
{
    assert(!wire_open(wire) && carrier != NULL);
    wire->ops = ops;
    wire->carrier = carrier;
    wire->in_flight = 0;
    wire->received = wire->sent = 0;
    wire->error = 0;
    wire->eof = wire->reading = wire->finishing = wire->finished = false;
}

void wire_divert(struct wire *wire, struct wire *under, const struct wire_ops *ops, void *carrier)
{
    assert(wire_open(wire) && wire->in_flight == 0);
    wire_attach(under, wire->ops, wire->carrier);
    buf_move(&wire->in, &under->in);
    buf_move(&wire->out, &under->out);
    under->eof = wire->eof;
    under->reading = wire->reading;
    under->ops->read(under, under->reading); /* the carrier learns whose it is now */
    wire->ops = ops;
    wire->carrier = carrier;
    wire->reading = wire->eof = false;
}

bool wire_put(struct wire *wire, struct span s)
{
    return buf_append(&wire->out, s, wire->in_flight != 0);
}

size_t wire_put_room(const struct wire *wire)
{
    return buf_append_room(&wire->out, wire->in_flight != 0);
}

char *wire_reserve(struct wire *wire, size_t *room)
{
    return buf_reserve(&wire->out, wire->in_flight != 0, room);
}

void wire_reserved(struct wire *wire, size_t n)
{
    buf_added(&wire->out, n);
    buf_release_if_empty(&wire->out);
}

/* Octets pinned by a write stay where they are until the carrier has let go of them: their block must not go
 * to another session while a write may still read it. */
static void fail(struct wire *wire, int error)
{
    if (wire->error == 0)
        wire->error = error;
    if (wire->in_flight == 0)
        buf_clear(&wire->out);
}

static void flush(struct wire *wire)
{
    struct span s = buf_data(&wire->out);
    long n;

    if (s.len == 0 || wire->in_flight != 0 || wire->error != 0 || wire->corked)
        return;
    n = wire->ops->write(wire, s);
    if (n < 0) {
        fail(wire, (int)n);
        return;
    }
    assert((size_t)n <= s.len);
    wire->in_flight = s.len - (size_t)n;
    wire->sent += (uint64_t)n;
    buf_consume(&wire->out, (size_t)n);
}

void wire_update(struct wire *wire)
{
    bool on;

    if (!wire_open(wire))
        return;
    flush(wire);
    if (wire->finishing && !wire->finished && buf_len(&wire->out) == 0 && wire->error == 0) {
        wire->finished = true;
        wire->ops->finish(wire);
    }
    on = !wire->eof && wire->error == 0 && !wire->paused && buf_room(&wire->in) != 0;
    if (on != wire->reading) {
        wire->reading = on;
        wire->ops->read(wire, on);
    }
}

void wire_finish(struct wire *wire)
{
    wire->finishing = true;
}

void wire_close(struct wire *wire, bool abort)
{
    if (wire_open(wire)) {
        wire->ops->close(wire, abort);
        wire->carrier = NULL;
    }
    buf_clear(&wire->in);
    buf_clear(&wire->out);
    wire->in_flight = 0;
    wire->reading = false;
}

char *wire_space(struct wire *wire, size_t *room)
{
    return buf_space(&wire->in, room);
}

void wire_received(struct wire *wire, size_t n)
{
    if (n == 0) {
        buf_release_if_empty(&wire->in);
        return;
    }
    buf_added(&wire->in, n);
    wire->received += n;
    wire->advance(wire->owner);
}

void wire_sent(struct wire *wire, int error)
{
    size_t n = wire->in_flight;

    wire->in_flight = 0;
    if (error < 0 || wire->error != 0) {
        fail(wire, error);
    } else {
        wire->sent += n;
        buf_consume(&wire->out, n);
    }
    wire->advance(wire->owner);
}

void wire_ended(struct wire *wire, int error)
{
    buf_release_if_empty(&wire->in);
    wire->eof = true;
    if (error < 0)
        fail(wire, error);
    wire->advance(wire->owner);
}
