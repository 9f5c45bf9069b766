/* buf.c: a fixed block with two cursors; who fills and drains it is left to wire.c. */
#include "base/buf.h"

#include <assert.h>

void buf_init(struct buf *buf, struct pool *pool)
{
    *buf = (struct buf){.pool = pool};
}

void buf_clear(struct buf *buf)
{
    pool_return(buf->pool, buf->block);
    *buf = (struct buf){.pool = buf->pool};
}

static bool lease(struct buf *buf)
{
    if (buf->block == NULL)
        buf->block = pool_lease(buf->pool);
    return buf->block != NULL;
}

/* Moves what is held to the front; cheap because it happens only when the tail is short. */
static void compact(struct buf *buf)
{
    if (buf->read == 0)
        return;
    memmove(buf->block, buf->block + buf->read, buf_len(buf));
    buf->write -= buf->read;
    buf->read = 0;
}

char *buf_space(struct buf *buf, size_t *room)
{
    *room = 0;
    if (!lease(buf))
        return NULL;
    if (buf->pool->block_size - buf->write < buf->pool->block_size / 4)
        compact(buf);
    *room = buf->pool->block_size - buf->write;
    return *room != 0 ? buf->block + buf->write : NULL;
}

char *buf_reserve(struct buf *buf, bool pinned, size_t *room)
{
    if (!pinned)
        return buf_space(buf, room);
    *room = buf->pool->block_size - buf->write;
    return *room != 0 ? buf->block + buf->write : NULL;
}

void buf_added(struct buf *buf, size_t n)
{
    assert(n <= buf->pool->block_size - buf->write);
    buf->write += (uint32_t)n;
}

void buf_consume(struct buf *buf, size_t n)
{
    assert(n <= buf_len(buf));
    buf->read += (uint32_t)n;
    if (buf->read == buf->write)
        buf_clear(buf);
}

void buf_move(struct buf *from, struct buf *to)
{
    assert(to->block == NULL && to->pool == from->pool);
    *to = *from;
    *from = (struct buf){.pool = to->pool};
}

void buf_release_if_empty(struct buf *buf)
{
    if (buf->read == buf->write)
        buf_clear(buf);
}

size_t buf_append_room(const struct buf *buf, bool pinned)
{
    return pinned ? buf->pool->block_size - buf->write : buf_room(buf);
}

bool buf_append(struct buf *buf, struct span s, bool pinned)
{
    if (s.len == 0)
        return true;
    if (s.len > buf_append_room(buf, pinned) || !lease(buf))
        return false;
    if (s.len > buf->pool->block_size - buf->write)
        compact(buf);
    memcpy(buf->block + buf->write, s.ptr, s.len);
    buf->write += (uint32_t)s.len;
    return true;
}
