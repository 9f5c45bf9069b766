/* quarantine.h: the directory of messages that were kept instead of delivered: its bounds, what is left over
 * in it, what has become too old. One message is ID.eml, its octets, and ID.json, what is known of it; it
 * exists when both do, and they appear when it is durable. Writing one is left to draft.c, what is there to
 * entry.c. Everything here may block. */
#ifndef QUARANTINE_QUARANTINE_H
#define QUARANTINE_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/span.h"

#define QUARANTINE_ID_MAX 63

struct quarantine;

/* 0: no bound. */
struct quarantine_bounds {
    const char *directory;
    uint64_t retention; /* milliseconds after which a message is removed */
    uint64_t octets;    /* of all files */
    uint64_t messages;
};

/* With one reference; copies the bounds, touches no file yet. NULL: no memory. */
struct quarantine *quarantine_new(const struct quarantine_bounds *bounds);
/* Any thread. Whoever has a draft or an entry open has a reference, too. */
struct quarantine *quarantine_ref(struct quarantine *quarantine);
/* NULL is a no-op. */
void quarantine_unref(struct quarantine *quarantine);

/* Opens the directory, which is made (0700) when only its last part is missing, and tends it. Any thread; 0
 * also when it is open already, else a negative errno: drafts and entries try again. */
int quarantine_open(struct quarantine *quarantine);
/* Removes messages that are too old and what a process that died has left; counts anew what is there. What
 * another process is working on stays. One at a time: -EALREADY while another thread does it. */
int quarantine_tend(struct quarantine *quarantine);

/* A name made here: letters A to Z and digits. Nothing else is ever part of the name of a file. */
bool quarantine_is_id(struct span id);

#endif
