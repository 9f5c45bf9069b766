/* listing.h: what lies in the quarantine, oldest first. Looking into a message is left to entry.c. */
#ifndef QUARANTINE_LISTING_H
#define QUARANTINE_LISTING_H

#include <stddef.h>

#include "quarantine/quarantine.h"

struct listed {
    char id[QUARANTINE_ID_MAX + 1];
    uint64_t octets; /* of the message */
    uint64_t facts;  /* octets of what is known of it */
    uint64_t time;   /* when it was kept, seconds since the epoch */
};

struct listing {
    struct listed *items;
    size_t count, size;
};

/* The messages that exist. 0 or a negative errno; listing_free() in any case. */
int listing_read(struct listing *listing, struct quarantine *quarantine);
void listing_free(struct listing *listing);

/* Calls found(owner) for every file of this suffix with a good id before it. 0 or a negative errno. */
int listing_walk(int directory, const char *suffix, void (*found)(void *owner, const char *id), void *owner);

#endif
