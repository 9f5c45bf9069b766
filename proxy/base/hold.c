/* hold.c: a block that doubles, then a file. */
#include "base/hold.h"

#include <errno.h>

#include "base/mem.h"

#define FIRST_BLOCK 4096

static int keep(struct hold *hold, struct span octets)
{
    size_t need = hold->used + octets.len;
    size_t size = hold->size != 0 ? hold->size : FIRST_BLOCK;

    while (size < need)
        size *= 2;
    if (size != hold->size) {
        char *grown = mem_resize(hold->memory, size);
        if (grown == NULL)
            return -ENOMEM;
        hold->memory = grown;
        hold->size = size;
    }
    memcpy(hold->memory + hold->used, octets.ptr, octets.len);
    hold->used = need;
    return 0;
}

static int file(struct hold *hold, struct span octets)
{
    struct world *world = hold->world;
    int error;

    if (hold->file == NULL)
        hold->file = world->ops->spool_open(world);
    if (hold->file == NULL)
        return -ENOSPC;
    error = world->ops->spool_write(world, hold->file, octets);
    if (error == 0)
        hold->filed += octets.len;
    return error;
}

int hold_add(struct hold *hold, struct span octets)
{
    if (octets.len == 0)
        return 0;
    if (hold->file == NULL && hold->used + octets.len <= hold->memory_limit)
        return keep(hold, octets);
    return file(hold, octets);
}

struct span hold_in_memory(const struct hold *hold, uint64_t offset)
{
    if (offset >= hold->used)
        return span_of(NULL, 0);
    return span_of(hold->memory + offset, hold->used - (size_t)offset);
}

long hold_read(const struct hold *hold, uint64_t offset, char *to, size_t len)
{
    struct span near = span_first(hold_in_memory(hold, offset), len);
    struct world *world = hold->world;

    if (near.ptr != NULL && near.len != 0) {
        memcpy(to, near.ptr, near.len);
        return (long)near.len;
    }
    if (offset >= hold_octets(hold))
        return 0;
    return world->ops->spool_read(world, hold->file, offset - hold->used, to, len);
}

void hold_free(struct hold *hold)
{
    struct world *world = hold->world;

    if (hold->file != NULL)
        world->ops->spool_close(world, hold->file);
    mem_free(hold->memory);
    *hold = (struct hold){.world = world, .memory_limit = hold->memory_limit};
}
