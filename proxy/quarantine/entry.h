/* entry.h: a message in the quarantine: read, locked, its facts changed, removed. What is done with it is
 * left to the caller. Everything here may block. */
#ifndef QUARANTINE_ENTRY_H
#define QUARANTINE_ENTRY_H

#include <stddef.h>

#include "quarantine/facts.h"
#include "quarantine/quarantine.h"

/* Embedded by value. */
struct entry {
    struct quarantine *quarantine;
    char id[QUARANTINE_ID_MAX + 1];
    int file;
    uint64_t octets; /* of the message */
    uint64_t facts;  /* octets of the facts */
};

/* All: 0 or a negative errno. -ENOENT: there is no such message. One that could not be opened needs no close.
 */
int entry_open(struct entry *entry, struct quarantine *quarantine, struct span id);
void entry_close(struct entry *entry);

/* Until entry_close() no other process, and no other entry_lock() in this one, works on the message. -EBUSY:
 * another does; -ENOENT: it has gone in the meantime. */
int entry_lock(struct entry *entry);
/* facts_close() when it is 0. */
int entry_facts(const struct entry *entry, struct facts_file *facts);
/* Octets of the message from `offset` on: the count, 0 at the end, or a negative errno. */
long entry_read(const struct entry *entry, uint64_t offset, char *to, size_t len);

/* Only while it is locked. The facts are replaced in one step, durably. */
int entry_replace_facts(struct entry *entry, const struct facts *facts);
/* Durably. */
int entry_remove(struct entry *entry);

#endif
