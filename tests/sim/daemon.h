/* daemon.h: clamd and spamd as the filters that ask them see them: well, late, silent, broken off or talking
 * nonsense at any point of a message. What may come of that is the ledger's affair. */
#ifndef SIM_DAEMON_H
#define SIM_DAEMON_H

#include "dice.h"
#include "lab.h"

#define DAEMON_CLAMD 3310 /* ports */
#define DAEMON_SPAMD 783

struct sim;

enum daemon_trick {
    DAEMON_WELL,
    DAEMON_REFUSES, /* the connection */
    DAEMON_HANGS,   /* instead of taking it */
    DAEMON_FIN,
    DAEMON_RST,
    DAEMON_STALLS,
    DAEMON_DEAF, /* reads no more */
    DAEMON_GARBAGE,
    DAEMON_LATE, /* answers, when nobody waits any more */
    DAEMON_HALF, /* breaks off its answer */
    DAEMON_TRICKS
};

/* When the trick is played. */
enum daemon_stage { DAEMON_DIAL, DAEMON_BEGIN, DAEMON_MIDDLE, DAEMON_END, DAEMON_STAGES };

/* One connection. */
struct daemon_end {
    struct sim *sim;
    struct lab_pipe *pipe;
    struct lab_bytes content; /* of the message, as it was shown */
    size_t read;              /* of what was sent */
    size_t strikes_at;        /* octets sent */
    enum daemon_trick trick;
    enum daemon_stage stage;
    uint64_t answers_at; /* UINT64_MAX: not yet known */
    bool spamd, begun, whole, over;
};

/* Somebody wants to connect to one of the two. */
void daemon_dialled(struct sim *sim, struct lab_dial *dial);
bool daemon_act(struct daemon_end *daemon);
/* When it will do something by itself; UINT64_MAX: never. */
uint64_t daemon_due(const struct daemon_end *daemon);
void daemon_free(struct daemon_end *daemon);

const char *daemon_trick_name(enum daemon_trick trick);

#endif
