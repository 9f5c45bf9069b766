/* message.h: one message, told apart from all others by what is in it: "X-Sim: id length checksum" is its
 * first field. What has become of it is the ledger's affair. */
#ifndef SIM_MESSAGE_H
#define SIM_MESSAGE_H

#include "dice.h"
#include "lab.h"

#define RECIPIENTS_MAX 4
#define CUTS_MAX       5

struct client;

struct sim_recipient {
    unsigned told; /* code the client was given; 0: none yet */
    bool refused;  /* by a filter */
};

struct message {
    struct client *client;
    char id[16];
    struct lab_bytes content;  /* as the client means it */
    struct lab_bytes expected; /* as the upstream must get it, behind what is added on top */
    size_t header_len;         /* of content */
    size_t cuts[CUTS_MAX];     /* where BDAT chunks end; the last is the length */
    unsigned chunks;           /* 0: DATA is meant */
    struct sim_recipient to[RECIPIENTS_MAX];
    unsigned recipients;
    bool faulty;  /* its content or size is a reason to refuse it for good */
    bool chunked; /* it was sent by BDAT */
    bool dead;    /* the client has given it up */
    bool open;    /* MAIL was accepted */
    /* What the ledger knows. */
    unsigned told;                    /* code the client got at the end; 0: none */
    unsigned stored;                  /* times the upstream has taken it over */
    unsigned said;                    /* and said so */
    unsigned declined;                /* times the upstream said no at its end of data */
    unsigned ends;                    /* ends of data the upstream has seen for it */
    unsigned envelope;                /* bits of recipients the upstream had then */
    unsigned added;                   /* bits of filters that have added a field */
    unsigned bodies;                  /* bits of filters that have written another body */
    unsigned tails;                   /* bits of milters that have appended a field */
    unsigned deeds[2];                /* of each milter: what it has done, all together */
    unsigned tops_seen, tails_seen;   /* bits of those whose fields are in what was stored, */
    unsigned body_of;                 /* and whose body it has; EDITORS_MAX: the client's */
    unsigned senders;                 /* bits of filters that have changed the sender */
    unsigned adds;                    /* bits of filters that have added a recipient */
    unsigned deletes[RECIPIENTS_MAX]; /* bits of filters that have deleted it */
    unsigned sender;  /* whose the sender was that the upstream had; EDITORS_MAX: the client's */
    unsigned dropped; /* of all those, bits of filters whose doings may be gone again */
    bool refused;     /* a filter refused it */
    bool discarded;   /* a filter discarded it */
    bool cleared;     /* clamd has been shown it, and found nothing */
    bool harsh;       /* a filter, or the upstream, had cause for 5xx */
};

/* How a message may look. */
struct message_kind {
    unsigned size; /* of the body, about */
    bool chunked;
    bool dirty;       /* with bare CR, bare LF or NUL */
    bool plain;       /* nothing strange at all */
    bool long_header; /* more header than the settings take */
    bool normalise;   /* what the settings do to line ends */
};

void message_make(struct message *message, const struct message_kind *kind, struct dice *dice);
void message_free(struct message *message);
/* The octets that the upstream must get, behind what is added on top, where the filter has written the body.
 */
void message_rewritten(const struct message *message, unsigned filter, struct lab_bytes *out);
/* That body. */
void message_body(const struct message *message, unsigned filter, struct lab_bytes *out);
/* Reads the identity in `content` from its X-Sim field on; false: damaged, or no message of ours. *top:
 * octets in front of that field. */
bool message_check(struct span content, struct span *id, size_t *top, struct span *rest);

#endif
