/* world.h: all that the session core sees of the machine beside its wires: clock, chance, alarms, dialling,
 * spool files. net/ implements it with libuv, tests implement it in memory. One per worker thread. */
#ifndef BASE_WORLD_H
#define BASE_WORLD_H

#include "base/ip.h"
#include "base/log.h"
#include "base/wire.h"

struct world;

/* A call at a time. Embedded by value in its owner; zeroed when not set. handle is the world's own and may
 * outlive a firing; alarm_clear() gives it back. */
struct alarm {
    void (*ring)(void *owner);
    void *owner;
    void *handle;
};

/* A connection being made. Embedded by value. done() is called once, never from inside world_dial(): status 0
 * and the wire given is attached, or a negative errno (-ETIMEDOUT, -ECONNREFUSED, -ENOENT for a name that
 * does not resolve). */
struct dial {
    struct wire *wire;
    void (*done)(void *owner, int status);
    void *owner;
    struct ip peer; /* the address that answered */
    void *handle;   /* the world's own; NULL: no dial under way */
};

/* Bytes set aside outside memory, appended once and read back from the start; vanish with the process. */
struct spool_file;

struct world_ops {
    uint64_t (*now)(struct world *world);  /* milliseconds, monotonic */
    uint64_t (*wall)(struct world *world); /* milliseconds since the epoch */
    void (*chance)(struct world *world, void *bytes, size_t len);
    /* Rings at `at` (as now()) or soon after; set again: the new time counts. false: out of memory. */
    bool (*alarm_set)(struct world *world, struct alarm *alarm, uint64_t at);
    void (*alarm_clear)(struct world *world, struct alarm *alarm);
    /* Resolves host (name or literal) and tries each address in order, `limit` milliseconds each. Returns 0
     * or a negative errno when it could not even begin; then done() is not called. */
    int (*dial)(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit);
    void (*dial_cancel)(struct world *world, struct dial *dial);
    /* NULL when no file can be made. */
    struct spool_file *(*spool_open)(struct world *world);
    /* 0 or a negative errno (-ENOSPC). */
    int (*spool_write)(struct world *world, struct spool_file *file, struct span s);
    /* Up to len octets from `offset`; the count, 0 at the end, or a negative errno. */
    long (*spool_read)(struct world *world, struct spool_file *file, uint64_t offset, char *to, size_t len);
    void (*spool_close)(struct world *world, struct spool_file *file);
};

/* Embedded by value at the head of whatever implements it. */
struct world {
    const struct world_ops *ops;
    struct pool *pool; /* blocks for wires */
    struct log *log;
};

static inline uint64_t world_now(struct world *world)
{
    return world->ops->now(world);
}

#endif
