/* stored.h: the octets of a file, or of all that a pipe gives, in the address space but not all in memory.
 * How they are split into messages is left to mbox.c. */
#ifndef SCAN_STORED_H
#define SCAN_STORED_H

#include "postern/span.h"

/* Zeroed: none is open. */
struct stored {
    struct span octets; /* as long as it is open; the file must not shrink meanwhile */
    bool open;
};

/* At a path, or of standard input for "-". What has no size is copied into an unlinked file first, in TMPDIR
 * or /var/tmp. 0 or a negative errno. */
int stored_open(struct stored *stored, const char *path);
/* None open: no-op. */
void stored_close(struct stored *stored);

/* Reading has come to `at`, from *kept on which all is in memory: when that is a megabyte it leaves memory,
 * but for pages shared with others, and *kept is there. Whoever looks back reads it from the file again.
 * *kept NULL: memory that is no file's, nothing happens. */
void stored_advance(const char **kept, const char *at);

#endif
