/* quarantine_private.h: what the files of the quarantine share: the open directory, its account, the names of
 * files. Private to them. */
#ifndef QUARANTINE_QUARANTINE_PRIVATE_H
#define QUARANTINE_QUARANTINE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "quarantine/quarantine.h"

#define QUARANTINE_NAME_MAX (QUARANTINE_ID_MAX + 6)
#define QUARANTINE_OCTETS   ".eml"
#define QUARANTINE_FACTS    ".json"
#define QUARANTINE_TMP      "tmp"

struct quarantine {
    atomic_uint references;
    struct quarantine_bounds bounds;
    char *path;
    pthread_mutex_t lock;                  /* of what follows, but for `tending` */
    pthread_mutex_t tending;               /* taken before `lock` */
    int directory, tmp;                    /* -1: not open */
    uint64_t octets, messages;             /* kept, as last counted and changed since */
    uint64_t draft_octets, draft_messages; /* being written */
    uint64_t counted;                      /* when, in seconds */
};

/* Makes room for so much more of a draft: 0 or -EDQUOT. */
int quarantine_charge(struct quarantine *quarantine, uint64_t octets, uint64_t messages);
/* A draft of so many octets has become a message, or nothing. */
void quarantine_settle(struct quarantine *quarantine, uint64_t octets, bool kept);
/* A message is gone. */
void quarantine_credit(struct quarantine *quarantine, uint64_t octets);

/* ID and suffix; the id is a good one. */
void quarantine_name(char name[static QUARANTINE_NAME_MAX], const char *id, const char *suffix);

#endif
