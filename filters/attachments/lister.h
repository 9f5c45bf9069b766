/* lister.h: lists what is in an archive that is in memory, and in the archives in it, by libarchive. Nothing
 * is written anywhere. What names and contents lead to is left to others. */
#ifndef ATTACHMENTS_LISTER_H
#define ATTACHMENTS_LISTER_H

#include <stdint.h>

#include "postern/span.h"

#define LISTER_DEPTH_MOST 5  /* archives in one another */
#define LISTER_NAME_LEAST 16 /* what a name is counted as, if it is shorter */

/* What keeps an archive from being looked into, or speaks against it by itself. */
enum lister_finding {
    FINDING_ENCRYPTED,  /* its members, or their names */
    FINDING_UNREADABLE, /* damaged, or of a kind that cannot be read */
    FINDING_TOO_LARGE,  /* for the memory, or unpacked */
    FINDING_TOO_DEEP,   /* an archive in too many others, or compressed more than once over */
    FINDING_TOO_MANY,   /* members, or octets of names */
    FINDING_BOMB,       /* unpacked it is too many times its size */
    FINDINGS
};

/* What looking may cost. `memory`, `depth` and `ratio` are for each archive with all in it; `members`,
 * `names` and `unpacked` are used up: by the archives of a message together. */
struct lister_bounds {
    uint64_t memory;   /* octets of members that are kept at a time */
    unsigned depth;    /* 1: not the archives in it; at most LISTER_DEPTH_MOST */
    uint64_t ratio;    /* unpacked octets for each of the archive's, */
    uint64_t grace;    /* but so many in any case */
    uint64_t members;  /* left */
    uint64_t names;    /* octets of names left, LISTER_NAME_LEAST for each at least */
    uint64_t unpacked; /* octets left */
    size_t sample;     /* octets of a member that sample() is given */
};

/* What is told, in order; each returns false for "enough". `finding` may come anywhere: after ENCRYPTED and
 * UNREADABLE the rest is listed as far as it can be read, the others end the list. */
struct lister_calls {
    bool (*name)(void *arg, struct span name);
    bool (*sample)(void *arg, struct span name, struct span octets); /* the first of a member's, if any */
    bool (*finding)(void *arg, enum lister_finding finding, struct span name);
};

/* Lists the octets, which have this name, if they are an archive or a compressed file. What is neither goes
 * without a word, unless it begins or is named like one (UNREADABLE). 0, or -1 when memory is short or
 * libarchive cannot be set up. */
int lister_list(struct span octets, struct span name, struct lister_bounds *bounds,
                const struct lister_calls *calls, void *arg);

/* Whether libarchive reads all that is asked of it by itself: it would start programs for what it cannot. */
bool lister_ready(void);

#endif
