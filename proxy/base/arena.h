/* arena.h: bounded bump memory for one lifetime, given back whole. A full arena is an answer, not an error.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "postern/span.h"

struct arena_chunk;

/* Embedded by value; takes nothing from the heap until the first arena_alloc(). */
struct arena {
    struct arena_chunk *chunks;
    size_t used;  /* octets handed out, rounding included */
    size_t limit; /* octets that may be handed out */
};

void arena_init(struct arena *arena, size_t limit);
/* Gives everything back; the arena can be used again. */
void arena_reset(struct arena *arena);
/* Zeroed memory aligned for any type, or NULL when the limit or the heap is exhausted. */
void *arena_alloc(struct arena *arena, size_t size);
/* A NUL-terminated copy; {NULL, 0} when full. An empty span gives a non-NULL pointer. */
struct span arena_copy(struct arena *arena, struct span s);

#endif
