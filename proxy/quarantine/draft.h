/* draft.h: a message on its way into the quarantine: written under tmp/, made durable, moved into place. What
 * is written is left to the caller. Everything here may block; one thread at a time. */
#ifndef QUARANTINE_DRAFT_H
#define QUARANTINE_DRAFT_H

#include "quarantine/quarantine.h"

/* Embedded by value. */
struct draft {
    struct quarantine *quarantine;
    char id[QUARANTINE_ID_MAX + 1];
    uint64_t octets;   /* accounted for */
    int file, facts;   /* -1: not there */
    bool named_octets; /* the message has its final name; */
    bool named_facts;  /* and what is known of it */
};

/* All: 0 or a negative errno; -EDQUOT: the quarantine is full. A draft that could not begin needs no abort.
 */
int draft_begin(struct draft *draft, struct quarantine *quarantine, struct span id);
int draft_write(struct draft *draft, struct span octets);
/* The message exists from now on, durably, or nothing of it does; the draft is over in any case. */
int draft_commit(struct draft *draft, struct span facts);
void draft_abort(struct draft *draft);

#endif
