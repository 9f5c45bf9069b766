/* mailbox.h: stored messages one after the other: files, directories of files, Maildirs, mboxes, standard
 * input. What is done with them is left to the program. */
#ifndef SCAN_MAILBOX_H
#define SCAN_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/feed.h"

struct mailbox;

/* NULL: no memory. */
struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *mailbox);

/* Adds what is at a path: a Maildir (a directory with cur or new) or another directory, whose files *.eml are
 * taken in the order of their names; a file; "-" for standard input. A negative errno when it cannot be
 * looked at. */
int mailbox_add(struct mailbox *mailbox, const char *path);

/* The next message: 1 and *letter, valid until the next call; 0: there are no more; a negative errno: the
 * file named in letter->name cannot be read, and the next call goes on behind it. A file that begins with
 * "From " is an mbox: its messages begin behind each such line that stands first or behind an empty line,
 * and are named "path:1", "path:2", …. Files are mapped: none may shrink while it is being read. */
int mailbox_next(struct mailbox *mailbox, struct letter *letter);

/* How much there is in all, as far as it is known before it is read, and how much has been gone through. */
struct mailbox_extent {
    uint64_t octets, octets_done;
};
void mailbox_extent(const struct mailbox *mailbox, struct mailbox_extent *extent);

#endif
