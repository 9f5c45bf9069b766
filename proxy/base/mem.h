/* mem.h: the only door to the heap, so that a test can make any allocation fail. Pooling is left to pool.c.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "postern/span.h"

/* Zeroed memory, or NULL. The caller frees it with mem_free(). */
void *mem_alloc(size_t size);
/* As realloc(): NULL leaves the old block alone; new bytes are not zeroed. */
void *mem_resize(void *ptr, size_t size);
/* A NUL-terminated copy of the span, or NULL. */
char *mem_copy(struct span s);
/* NULL is a no-op. */
void mem_free(void *ptr);

/* Tests only: asked before every allocation; returning false makes it fail. NULL: never asked. Not
 * thread-safe. */
void mem_set_gate(bool (*gate)(void *arg, size_t size), void *arg);

#endif
