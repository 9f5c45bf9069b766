/* world.h: all that the session core sees of the machine beside its wires: clock, chance, alarms, turns,
 * dialling, names, spool files, a place to keep messages. net/ implements it with libuv, tests implement it
 * in memory. One per worker thread. */
#ifndef BASE_WORLD_H
#define BASE_WORLD_H

#include <sys/queue.h>

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

/* Work that would keep others waiting if it were done at once (a step of a TLS handshake): run(owner) is
 * called once, soon, never from inside turn_take(), and between two turns whatever is ready to be read is
 * served. Embedded by value in its owner; zeroed when not taken. */
struct turn {
    TAILQ_ENTRY(turn) link;
    void (*run)(void *owner);
    void *owner;
    bool taken; /* the world's own */
};

/* A call from another thread. run(owner) is called on the world's thread, once, soon after bell_ring(), never
 * from inside it; what is rung meanwhile is rung once. Embedded by value in its owner; zeroed when not rung.
 */
struct bell {
    TAILQ_ENTRY(bell) link; /* the world's own, as is rung */
    void (*run)(void *owner);
    void *owner;
    bool rung;
};

/* A connection being made. Embedded by value. done() is called once, never from inside world_dial(): status 0
 * and the wire given is attached, or a negative errno (-ETIMEDOUT, -ECONNREFUSED, -ENOENT for a name that
 * does not resolve). */
struct dial {
    struct wire *wire;
    void (*done)(void *owner, int status);
    void *owner;
    struct ip source; /* connect from this address, which need not be ours; family 0: the machine's choice */
    uint32_t mark;    /* of the packets, for the firewall's rules; 0: none */
    struct ip peer;   /* the address that answered; family 0: a local socket */
    void *handle;     /* the world's own; NULL: no dial under way */
};

#define NAMING_OCTETS 256

/* The host name of an address being looked up: PTR, confirmed by the addresses of the name found. Embedded by
 * value. done() is called once, never from inside name_find(): status 0 and the name, -ENOENT (there is none,
 * or it is not confirmed) or -EAGAIN (it could not be told in time). */
struct naming {
    void (*done)(void *owner, int status);
    void *owner;
    char name[NAMING_OCTETS]; /* a domain of harmless octets, NUL-terminated */
    void *handle;             /* the world's own; NULL: no lookup under way */
};

/* Bytes set aside outside memory, appended once and read back from the start; vanish with the process. */
struct spool_file;

/* A message being kept for good in a quarantine. Embedded by value. read() gives the next octets of it, at
 * most len: how many, 0 at the end, or a negative errno. done() is called once, 0: it is kept, durably, or a
 * negative errno: nothing of it is. Neither is called from inside a call that is made here. */
struct quarantine;

struct keep {
    struct quarantine *where;
    struct span id; /* a name of letters and digits; copied, as is what is known of the message: */
    struct span facts;
    long (*read)(void *owner, char *to, size_t len);
    void (*done)(void *owner, int status);
    void *owner;
    void *handle; /* the world's own; NULL: none under way */
};

struct world_ops {
    uint64_t (*now)(struct world *world);  /* milliseconds, monotonic */
    uint64_t (*wall)(struct world *world); /* milliseconds since the epoch */
    void (*chance)(struct world *world, void *bytes, size_t len);
    /* Rings at `at` (as now()) or soon after; set again: the new time counts. false: out of memory. */
    bool (*alarm_set)(struct world *world, struct alarm *alarm, uint64_t at);
    void (*alarm_clear)(struct world *world, struct alarm *alarm);
    /* Turns run in the order in which they were taken. */
    void (*turn_take)(struct world *world, struct turn *turn);
    void (*turn_leave)(struct world *world, struct turn *turn); /* taken or not */
    /* On any thread, and the only one that is. */
    void (*bell_ring)(struct world *world, struct bell *bell);
    /* Rung or not; nobody may ring it any more. */
    void (*bell_leave)(struct world *world, struct bell *bell);
    /* Resolves host (name or literal) and tries each address in order, `limit` milliseconds each;
     * "unix:/path" is a socket of the local machine, port and source are not looked at then. Returns 0 or a
     * negative errno when it could not even begin; then done() is not called. */
    int (*dial)(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit);
    void (*dial_cancel)(struct world *world, struct dial *dial);
    /* 0 or a negative errno when it could not even begin. */
    int (*name_find)(struct world *world, struct naming *naming, const struct ip *ip, uint64_t limit);
    void (*name_cancel)(struct world *world, struct naming *naming);
    /* NULL when no file can be made. */
    struct spool_file *(*spool_open)(struct world *world);
    /* 0 or a negative errno (-ENOSPC). */
    int (*spool_write)(struct world *world, struct spool_file *file, struct span s);
    /* Up to len octets from `offset`; the count, 0 at the end, or a negative errno. */
    long (*spool_read)(struct world *world, struct spool_file *file, uint64_t offset, char *to, size_t len);
    void (*spool_close)(struct world *world, struct spool_file *file);
    /* 0 or a negative errno when it could not even begin. */
    int (*keep_begin)(struct world *world, struct keep *keep);
    /* Neither read() nor done() is called any more; whether the message is kept remains unknown. */
    void (*keep_cancel)(struct world *world, struct keep *keep);
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
