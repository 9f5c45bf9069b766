/* lister_private.h: a list under way. Private to the files lister*.c. */
#ifndef ATTACHMENTS_LISTER_PRIVATE_H
#define ATTACHMENTS_LISTER_PRIVATE_H

#include "filters/attachments/lister.h"

struct archive;

/* One attachment and all that is in it. */
struct lister {
    const struct lister_calls *calls;
    void *arg;
    struct lister_bounds *bounds;
    uint64_t packed;   /* octets of the attachment */
    uint64_t unpacked; /* so far */
    uint64_t held;     /* octets of memory for members */
    bool over;         /* enough has been said, or a bound was reached */
    bool failed;       /* memory is short */
};

/* The octets of a member. Zeroed: none. */
struct member {
    char *ptr;
    size_t len, size;
    bool dropped; /* there was more than may be kept */
};

enum reading {
    READING_DONE,
    READING_BROKEN, /* this member could not be read to its end */
    READING_LOST    /* nor can what follows it */
};

void lister_tell_name(struct lister *lister, struct span name);
void lister_tell_finding(struct lister *lister, enum lister_finding finding, struct span name);

/* Whether so many more octets are within the bounds on what is unpacked; otherwise it is told and over. */
bool lister_affords(struct lister *lister, uint64_t more, struct span name);

/* lister_member.c: reads the octets of a member, counts them, and keeps as many as fit. */
enum reading member_read(struct member *member, struct lister *lister, struct archive *archive,
                         struct span name);
void member_free(struct member *member, struct lister *lister);

/* lister_zip.c: tells every name that stands in a header of a zip, whichever of them a reader goes by. */
void lister_zip_names(struct lister *lister, struct span octets);

enum lister_kinds { LISTER_ARCHIVES, LISTER_COMPRESSED };

/* lister_kinds.c: libarchive, set up for all kinds that are read, or for compressed files only; NULL when it
 * cannot be. */
struct archive *lister_reader(enum lister_kinds which);

#endif
