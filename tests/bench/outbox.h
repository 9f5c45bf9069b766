/* outbox.h: replies on their way to one peer of the sink. */
#ifndef BENCH_OUTBOX_H
#define BENCH_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "carrier.h"

struct outbox {
    struct carrier *carrier;
    bool each;   /* a write per reply, instead of one per batch of commands read */
    bool broken; /* the peer took not all of it */
    size_t length;
    char octets[8192];
};

/* A reply of less than sizeof(octets). */
void outbox_put(struct outbox *outbox, const char *reply, size_t length);

/* Writes what there is. A peer that reads no replies for so long that its window closes is given up. */
void outbox_flush(struct outbox *outbox);

#endif
