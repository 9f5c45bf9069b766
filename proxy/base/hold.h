/* hold.h: octets that are appended, and read back from anywhere: in memory up to a bound, then in a spool
 * file. What they are is left to whoever holds them. */
#ifndef BASE_HOLD_H
#define BASE_HOLD_H

#include "base/world.h"

/* Embedded by value; may be moved. Zeroed, then world and memory_limit set; hold_free() at its end. */
struct hold {
    struct world *world;
    size_t memory_limit; /* octets that are kept in memory */
    /* private */
    char *memory;
    size_t used, size;
    struct spool_file *file;
    uint64_t filed; /* octets in the file, which follow those in memory */
};

/* Takes all of the octets: 0, or a negative errno (-ENOMEM, -ENOSPC, -EIO), after which the hold is only good
 * for hold_free(). */
int hold_add(struct hold *hold, struct span octets);
/* Copies up to len octets from `offset` on; the count, 0 at the end, or a negative errno. */
long hold_read(const struct hold *hold, uint64_t offset, char *to, size_t len);
/* Those of the octets from `offset` on that lie in memory, without a copy; valid until the hold changes. */
struct span hold_in_memory(const struct hold *hold, uint64_t offset);
/* Frees what is held; the hold may then be used again. */
void hold_free(struct hold *hold);

static inline uint64_t hold_octets(const struct hold *hold)
{
    return hold->used + hold->filed;
}

#endif
