/* mem.c: heap memory through one door; pooling and lifetimes are left to pool.c and arena.c. */
#include "base/mem.h"

#include <stdlib.h>

static bool (*gate_fn)(void *arg, size_t size);
static void *gate_arg;

void mem_set_gate(bool (*gate)(void *arg, size_t size), void *arg)
{
    gate_fn = gate;
    gate_arg = arg;
}

static bool allowed(size_t size)
{
    return gate_fn == NULL || gate_fn(gate_arg, size);
}

void *mem_alloc(size_t size)
{
    return allowed(size) ? calloc(1, size != 0 ? size : 1) : NULL;
}

void *mem_resize(void *ptr, size_t size)
{
    return allowed(size) ? realloc(ptr, size != 0 ? size : 1) : NULL;
}

char *mem_copy(struct span s)
{
    char *copy = mem_alloc(s.len + 1);

    if (copy != NULL && s.len != 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

void mem_free(void *ptr)
{
    free(ptr);
}
