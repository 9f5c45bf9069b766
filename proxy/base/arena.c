/* arena.c: bounded bump memory, given back whole; single blocks are never freed. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "base/mem.h"

#define CHUNK_OCTETS 1024 /* a transaction with a few recipients needs one chunk */

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_reset(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *head = arena->chunks;
        arena->chunks = head->next;
        mem_free(head);
    }
    arena->used = 0;
}

static struct arena_chunk *grow(struct arena *arena, size_t size)
{
    size_t octets = size > CHUNK_OCTETS ? size : CHUNK_OCTETS;
    struct arena_chunk *chunk = mem_alloc(sizeof(*chunk) + octets);

    if (chunk == NULL)
        return NULL;
    chunk->size = octets;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    struct arena_chunk *chunk = arena->chunks;
    char *at;

    if (size > arena->limit)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    if (size > arena->limit - arena->used)
        return NULL;
    if (chunk == NULL || size > chunk->size - chunk->used)
        chunk = grow(arena, size);
    if (chunk == NULL)
        return NULL;
    at = chunk->bytes + chunk->used;
    chunk->used += size;
    arena->used += size;
    return at;
}

struct span arena_copy(struct arena *arena, struct span s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    if (copy == NULL)
        return (struct span){NULL, 0};
    if (s.len != 0)
        memcpy(copy, s.ptr, s.len);
    return span_of(copy, s.len);
}
