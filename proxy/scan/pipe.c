/* pipe.c: two wires joined in memory; octets go from the one's buffer straight into the other's, a turn at a
 * time, so that neither end is called from inside its own calls. */
#include "scan/pipe.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"

struct pipe_end {
    struct pipe *pipe;
    struct wire *wire;  /* NULL: it has not yet called */
    struct span pinned; /* being written */
    bool reading;
    bool finished; /* writes no more */
    bool closed;
    bool aborted;
    bool told; /* that the other end writes no more */
};

struct pipe {
    struct world *world;
    struct turn turn;
    struct pipe_end ends[2];
    bool moving; /* the turn is running */
};

static struct pipe_end *other(struct pipe_end *end)
{
    return end == &end->pipe->ends[0] ? &end->pipe->ends[1] : &end->pipe->ends[0];
}

static void wake(struct pipe *pipe)
{
    pipe->world->ops->turn_take(pipe->world, &pipe->turn);
}

static void free_if_closed(struct pipe *pipe)
{
    if (!pipe->ends[0].closed || !pipe->ends[1].closed || pipe->moving)
        return;
    pipe->world->ops->turn_leave(pipe->world, &pipe->turn);
    mem_free(pipe);
}

static bool ended(const struct pipe_end *from)
{
    return from->pinned.len == 0 && (from->finished || from->closed);
}

/* One piece, as large as there is room for. */
static void carry(struct pipe_end *from, struct pipe_end *to)
{
    size_t room, n;
    char *space = wire_space(to->wire, &room);

    if (space == NULL) { /* reading is only asked for with room: no block could be had */
        to->told = true;
        wire_ended(to->wire, -ENOMEM);
        return;
    }
    n = from->pinned.len < room ? from->pinned.len : room;
    memcpy(space, from->pinned.ptr, n);
    from->pinned = span_skip(from->pinned, n);
    wire_received(to->wire, n);
    if (from->pinned.len == 0 && !from->closed)
        wire_sent(from->wire, 0);
}

/* False: there is nothing to do in this direction. */
static bool move(struct pipe_end *from, struct pipe_end *to)
{
    if (from->pinned.len != 0 && to->closed) {
        from->pinned = span_of(NULL, 0);
        wire_sent(from->wire, -EPIPE);
        return true;
    }
    if (!to->reading || to->told)
        return false;
    if (from->pinned.len != 0) {
        carry(from, to);
        return true;
    }
    if (!ended(from))
        return false;
    to->told = true;
    wire_ended(to->wire, from->aborted ? -ECONNRESET : 0);
    return true;
}

static void run(void *owner)
{
    struct pipe *pipe = owner;
    bool moved;

    pipe->moving = true;
    moved = move(&pipe->ends[0], &pipe->ends[1]);
    moved = move(&pipe->ends[1], &pipe->ends[0]) || moved;
    pipe->moving = false;
    if (moved)
        wake(pipe);
    free_if_closed(pipe);
}

bool pipe_new(struct world *world, struct pipe_end *ends[2])
{
    struct pipe *pipe = mem_alloc(sizeof(*pipe));

    if (pipe == NULL)
        return false;
    pipe->world = world;
    pipe->turn = (struct turn){.run = run, .owner = pipe};
    for (size_t i = 0; i < 2; i++) {
        ends[i] = &pipe->ends[i];
        ends[i]->pipe = pipe;
    }
    return true;
}

static void close_end(struct pipe_end *end, bool abort)
{
    assert(!end->closed);
    end->wire = NULL;
    end->pinned = span_of(NULL, 0);
    end->reading = false;
    end->closed = true;
    end->aborted = abort;
    if (!other(end)->closed)
        wake(end->pipe);
    free_if_closed(end->pipe);
}

void pipe_abandon(struct pipe_end *end)
{
    close_end(end, true);
}

static long write_ops(struct wire *wire, struct span s)
{
    struct pipe_end *end = wire->carrier;

    end->wire = wire;
    end->pinned = s;
    wake(end->pipe);
    return 0;
}

static void read_ops(struct wire *wire, bool on)
{
    struct pipe_end *end = wire->carrier;

    end->wire = wire;
    end->reading = on;
    if (on)
        wake(end->pipe);
}

static void finish_ops(struct wire *wire)
{
    struct pipe_end *end = wire->carrier;

    end->finished = true;
    wake(end->pipe);
}

static void close_ops(struct wire *wire, bool abort)
{
    close_end(wire->carrier, abort);
}

const struct wire_ops pipe_ops = {write_ops, read_ops, finish_ops, close_ops};
