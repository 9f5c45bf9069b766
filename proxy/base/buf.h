/* buf.h: a fixed block with a read and a write cursor; never grows; owns a block only while it holds bytes.
 * Who fills and drains it is left to wire.c. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "postern/span.h"

/* block != NULL whenever read < write. Embedded by value. */
struct buf {
    struct pool *pool;
    char *block;
    uint32_t read;
    uint32_t write;
};

void buf_init(struct buf *buf, struct pool *pool);
/* Gives the block back, whatever it holds. */
void buf_clear(struct buf *buf);

/* The bytes held, in one piece; valid until the next buf_ call that is not buf_data(). */
static inline struct span buf_data(const struct buf *buf)
{
    if (buf->block == NULL)
        return (struct span){NULL, 0};
    return (struct span){buf->block + buf->read, buf->write - buf->read};
}

static inline size_t buf_len(const struct buf *buf)
{
    return buf->write - buf->read;
}

/* Octets that still fit, counting those in front of the read cursor. */
static inline size_t buf_room(const struct buf *buf)
{
    return buf->pool->block_size - buf_len(buf);
}

/* Where the next bytes go: at least one octet when buf_room() is not 0, as many as lie in one piece; leases a
 * block when there is none. Returns NULL with *room 0 when full or out of memory. Moves the bytes held when
 * that makes room, so it must not be called while they are pinned by a write in flight. */
char *buf_space(struct buf *buf, size_t *room);
/* As buf_space() for bytes that are composed rather than received: with `pinned`, bytes held are not moved.
 */
char *buf_reserve(struct buf *buf, bool pinned, size_t *room);
/* n octets have been put at buf_space() or buf_reserve(). */
void buf_added(struct buf *buf, size_t n);
/* The first n octets are done with; an empty buffer gives its block back. */
void buf_consume(struct buf *buf, size_t n);
/* All that `from` holds becomes what `to` holds, which held nothing and is of the same pool. */
void buf_move(struct buf *from, struct buf *to);
/* Gives the block back if nothing is held: after buf_space() without bytes. */
void buf_release_if_empty(struct buf *buf);
/* Copies all of s behind the bytes held or nothing: false when it does not fit (or no block can be had). With
 * `pinned`, bytes held are not moved. */
bool buf_append(struct buf *buf, struct span s, bool pinned);
/* Octets that buf_append() would take now. */
size_t buf_append_room(const struct buf *buf, bool pinned);

#endif
