/* memory_store.h: keeps messages in memory, for tests. Storing on disk is left to maildir.c. */
#ifndef SINK_MEMORY_STORE_H
#define SINK_MEMORY_STORE_H

#include "base/arena.h"
#include "sink/sink_store.h"

/* A message that was committed; `envelope` and what it points to live in `arena`. */
struct memory_message {
    struct memory_message *next;
    struct arena arena;
    struct sink_envelope envelope;
    char *content;
    size_t len;
};

/* Embedded by value. The three counters may be set by a test: that many calls succeed before -ENOSPC. */
struct memory_store {
    struct sink_store store;
    struct memory_message *first, *last;
    unsigned count;
    unsigned open; /* letters begun and neither committed nor aborted */
    unsigned begins_left, writes_left, commits_left;
};

void memory_store_init(struct memory_store *store);
/* Frees every message. */
void memory_store_free(struct memory_store *store);

#endif
