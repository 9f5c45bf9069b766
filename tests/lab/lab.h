/* lab.h: a world in memory (base/world.h): its own clock, chance from a seed, connections whose other ends
 * are in the hands of the test. Nothing happens in it but in lab_step(). What is said over the connections is
 * left to the test. What the machine keeps for the core (alarms, attempts to connect, spool files) comes from
 * base/mem.h, so that it fails when a test lets memory fail. */
#ifndef LAB_H
#define LAB_H

#include <assert.h>
#include <sys/queue.h>

#include "base/bell.h"
#include "base/pool.h"
#include "base/turn.h"
#include "base/world.h"

/* Octets that grow. Zeroed: empty. */
struct lab_bytes {
    char *ptr;
    size_t len, size;
};

void lab_bytes_add(struct lab_bytes *bytes, struct span s);
void lab_bytes_free(struct lab_bytes *bytes);

static inline struct span lab_bytes_from(const struct lab_bytes *bytes, size_t at)
{
    assert(at <= bytes->len && (bytes->ptr != NULL || bytes->len == 0));
    return bytes->ptr != NULL ? span_of(bytes->ptr + at, bytes->len - at) : span_of(NULL, 0);
}

/* How a connection carries octets; all zero: at once. */
struct lab_manner {
    size_t piece;  /* octets delivered to the wire at a time; 0: as many as there are and fit */
    size_t split;  /* the first delivery ends here; 0: no such split */
    size_t accept; /* octets taken of a write at a time; 0: all */
};

struct lab_pipe;

/* What comes between what the test says and what the connection carries: TLS (lab_tls.h). Embedded at the
 * head of what implements it. */
struct lab_shell {
    struct lab_bytes to;                 /* what the connection delivers */
    struct lab_bytes from;               /* what it has taken */
    bool ended;                          /* nothing follows `to` */
    bool over;                           /* nothing more will come of `from` */
    bool (*step)(struct lab_pipe *pipe); /* true: something came of it */
    void (*free)(struct lab_pipe *pipe);
};

/* One connection: the wire's carrier at one end, the test at the other. Belongs to the lab and stays readable
 * after the wire has been closed. Fields are for reading; change them through the functions. */
struct lab_pipe {
    TAILQ_ENTRY(lab_pipe) link;
    struct lab *lab;
    struct wire *wire; /* NULL: none has spoken yet, or it has let go */
    struct lab_manner manner;
    struct lab_bytes to;   /* what the test has sent */
    struct lab_bytes from; /* what the wire has sent */
    struct lab_shell *shell;
    size_t delivered;   /* octets of `to`, or of the shell's */
    size_t torn;        /* so many of them but one are delivered, and an end; 0: all */
    struct span pinned; /* rest of a write that has not been taken yet */
    unsigned writes;    /* write() calls */
    int error;          /* the stream is broken: negative errno */
    bool reading;       /* the wire wants octets */
    bool ended;         /* the test sends no more */
    bool end_told;      /* and the wire knows */
    bool stalled;       /* nothing is taken of writes: a peer that does not read */
    bool finished;      /* FIN from the wire */
    bool closed;        /* the wire has closed; */
    bool aborted;       /* and with a reset */
};

/* An attempt to connect. */
struct lab_dial {
    TAILQ_ENTRY(lab_dial) link;
    struct dial *dial;
    char host[64];
    uint16_t port;
    struct ip source; /* as the dial had them */
    uint32_t mark;
    uint64_t until;        /* it fails by itself then */
    bool hangs;            /* for the test: nobody will answer it */
    bool decided;          /* done() is due */
    int status;            /* with this */
    struct lab_pipe *pipe; /* and this, when 0 */
};

/* A message that has been kept, or is being kept. */
struct lab_kept {
    TAILQ_ENTRY(lab_kept) link;
    struct keep *keep; /* NULL: it is kept */
    char *id;
    struct lab_bytes octets, facts;
    bool read; /* to its end */
};

struct lab_alarm;
struct lab_name;
struct lab_naming;
TAILQ_HEAD(lab_pipes, lab_pipe);
TAILQ_HEAD(lab_dials, lab_dial);
TAILQ_HEAD(lab_alarms, lab_alarm);
TAILQ_HEAD(lab_names, lab_name);
TAILQ_HEAD(lab_namings, lab_naming);
TAILQ_HEAD(lab_keeps, lab_kept);

/* Embedded by value or on the stack; lab_init() first. */
struct lab {
    struct world world;
    struct pool pool;
    struct log log;
    struct lab_bytes lines; /* all that has been logged */
    struct lab_pipes pipes;
    struct lab_dials dials;
    struct lab_alarms alarms;
    struct lab_names names;     /* of addresses */
    struct lab_namings namings; /* lookups under way */
    struct lab_keeps keeps;     /* messages, the first one first */
    struct turns turns;
    struct bells bells;
    uint64_t now;     /* milliseconds */
    uint64_t chance;  /* state of the generator */
    uint64_t disk;    /* octets that spool files may still take */
    unsigned files;   /* open spool files */
    bool disk_broken; /* no spool file can be opened */
    bool keep_slow;   /* nothing that is read to its end becomes kept, until this is false again */
    int keep_fails;   /* with this negative errno, at the end; 0: it does not */
    bool beyond;      /* what runs just now is the test's, not the core's: a shell */
    bool shuffle;     /* of several things that could happen next, chance takes one */
};

#define LAB_BLOCK 32768 /* octets of a wire's buffer */

/* The same seed gives the same course of events. */
void lab_init(struct lab *lab, uint64_t seed);
/* Frees pipes and log lines. Asserts that nothing leaked: no lease, alarm, dial or spool file is left. */
void lab_free(struct lab *lab);

/* One thing happens: a dial or a lookup is answered, octets are delivered or taken, a message is kept a
 * little further, a turn runs, a due alarm rings. False: nothing can, until the test does something or time
 * passes. */
bool lab_step(struct lab *lab);
/* Steps until nothing can happen. Asserts that this takes a finite number of steps. */
void lab_run(struct lab *lab);
/* When the next alarm rings, lookup is answered or attempt to connect fails by itself; UINT64_MAX: never. */
uint64_t lab_due(struct lab *lab);
/* Time passes; alarms ring on the way, in their order. */
void lab_pass(struct lab *lab, uint64_t ms);

/* A connection whose wire is yet to come: server_accept(server, arrival, &lab_wire_ops, pipe) attaches one.
 */
struct lab_pipe *lab_pipe_new(struct lab *lab, struct lab_manner manner);
extern const struct wire_ops lab_wire_ops;
/* Attaches a wire of the test's own. */
void lab_pipe_join(struct lab_pipe *pipe, struct wire *wire);
/* The test's end: octets for the wire, an orderly end, a reset, a full close (later writes fail). */
void lab_pipe_send(struct lab_pipe *pipe, struct span s);
void lab_pipe_end(struct lab_pipe *pipe);
void lab_pipe_reset(struct lab_pipe *pipe);
void lab_pipe_close(struct lab_pipe *pipe);
/* The wire has said all that it will, and pipe->from has all of it. */
bool lab_pipe_over(const struct lab_pipe *pipe);
/* Octets beneath the shell, and an end that it is not told of; without one as lab_pipe_send() and
 * lab_pipe_end(). */
void lab_pipe_send_beneath(struct lab_pipe *pipe, struct span s);
void lab_pipe_end_beneath(struct lab_pipe *pipe);
/* So many octets more are carried to the wire, wherever in a record or line that is, and then an end. */
void lab_pipe_tear(struct lab_pipe *pipe, size_t octets);
/* The pipe gets a shell, which is its own from then on. It begins with what has not been delivered yet, and
 * with octet `from` of what the wire has sent, which leaves pipe->from. */
void lab_pipe_cover(struct lab_pipe *pipe, struct lab_shell *shell, size_t from);
/* Forgets a pipe whose wire has let go. */
void lab_pipe_free(struct lab_pipe *pipe);

/* The oldest attempt to connect that nobody has answered, or NULL. */
struct lab_dial *lab_dial_waiting(struct lab *lab);
/* It succeeds; the new connection. */
struct lab_pipe *lab_dial_accept(struct lab *lab, struct lab_dial *made, struct lab_manner manner);
/* It fails with a negative errno. */
void lab_dial_refuse(struct lab_dial *made, int status);

/* The name of an address is found `after` so many milliseconds; "": it has none, as has one never set, which
 * is told at once. */
void lab_name_set(struct lab *lab, const struct ip *ip, const char *name, uint64_t after);

/* The n-th message that is kept, from 0; NULL: there are not so many. */
const struct lab_kept *lab_kept(const struct lab *lab, unsigned n);

/* --- between the lab's own files
 * -------------------------------------------------------------------------------- */
bool lab_pipe_step(struct lab_pipe *pipe);
bool lab_dial_step(struct lab *lab);
int lab_dial_begin(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit);
void lab_dial_cancel(struct world *world, struct dial *dial);
int lab_name_find(struct world *world, struct naming *naming, const struct ip *ip, uint64_t limit);
void lab_name_cancel(struct world *world, struct naming *naming);
bool lab_name_step(struct lab *lab);
uint64_t lab_name_due(const struct lab *lab);
void lab_names_free(struct lab *lab);
struct spool_file *lab_spool_open(struct world *world);
int lab_spool_write(struct world *world, struct spool_file *file, struct span s);
long lab_spool_read(struct world *world, struct spool_file *file, uint64_t offset, char *to, size_t len);
void lab_spool_close(struct world *world, struct spool_file *file);
int lab_keep_begin(struct world *world, struct keep *keep);
void lab_keep_cancel(struct world *world, struct keep *keep);
bool lab_keep_step(struct lab *lab);
void lab_keeps_free(struct lab *lab);
uint64_t lab_random(struct lab *lab);

#endif
