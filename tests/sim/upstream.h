/* upstream.h: a mail server of its own making: reads strictly, answers as drawn. Shares no code with what it
 * judges. */
#ifndef SIM_UPSTREAM_H
#define SIM_UPSTREAM_H

#include "dice.h"
#include "message.h"

struct client;
struct sim;

/* How the upstream of one client behaves. */
struct upstream_manners {
    bool pipelining, chunking, enhanced, auth, size;
    bool strips;      /* STARTTLS is not offered, though it could be */
    unsigned refuses; /* percent of answers that are a no */
    unsigned lazy;    /* percent of answers that take their time */
    unsigned wordy;   /* percent of answers with several lines */
    struct lab_manner carry;
};

enum upstream_state { UPSTREAM_COMMAND, UPSTREAM_CONTENT, UPSTREAM_CHUNK, UPSTREAM_AUTH };

#define UPSTREAM_REPLIES 300

/* An answer that is due. */
struct upstream_reply {
    uint64_t at;
    size_t end; /* in `words` */
    struct message *taken;
    bool last;
    bool encrypts; /* 220 to STARTTLS: TLS begins behind it */
};

/* One connection. */
struct upstream {
    struct sim *sim;
    struct client *client;
    const struct upstream_manners *manners;
    struct lab_pipe *pipe;
    struct dice dice;
    size_t read;
    enum upstream_state state;
    struct lab_bytes words, content;
    size_t said; /* of words */
    struct upstream_reply replies[UPSTREAM_REPLIES];
    unsigned first, count;
    struct message *message; /* of the envelope; NULL: none */
    uint64_t chunk_left;
    uint64_t delay;    /* for the next answer */
    unsigned accepted; /* bits of recipients, behind them those that filters have added */
    unsigned sender;   /* the filter whose word the sender is; FILTERS_MAX: it is the client's */
    bool mail, greeted, authenticated, chunked, chunk_last, chunk_refused;
    bool gone, mute; /* mute: says nothing any more */
    bool declines;   /* has said 421: takes nothing any more */
    bool extra;      /* will say one thing too many */
    bool awaited;    /* a command ended its group: nothing may follow before the answer */
};

void upstream_begin(struct upstream *upstream);
/* Reads and answers; true: something happened. */
bool upstream_act(struct upstream *upstream);
/* When it wants to be asked again; UINT64_MAX: only for octets. */
uint64_t upstream_due(const struct upstream *upstream);
void upstream_end(struct upstream *upstream);
/* Says at once what it owes. */
void upstream_hurry(struct upstream *upstream);
/* Says something at once, whatever is due. */
void upstream_blurt(struct upstream *upstream, struct span s);
/* STARTTLS is offered now; what must be encrypted is; its end begins to shake hands. */
bool upstream_offers_tls(struct upstream *upstream);
bool upstream_safe(const struct upstream *upstream);
void upstream_encrypt(struct upstream *upstream);
/* Goes: FIN, or a reset. */
void upstream_leave(struct upstream *upstream, bool reset);

#endif
