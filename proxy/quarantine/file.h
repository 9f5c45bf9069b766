/* file.h: files as the quarantine writes them: made under a name that was free, locked by whoever works on
 * them, written whole. Private to the quarantine. */
#ifndef QUARANTINE_FILE_H
#define QUARANTINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/span.h"

/* A new file (0600), locked for as long as it is open: the kernel unlocks it when its process dies, and that
 * tells what is left over from what is being written. The descriptor or a negative errno. */
int file_create(int directory, const char *name);
/* 0 or a negative errno. */
int file_write(int fd, struct span s);
int file_sync(int fd);
/* Takes the lock of an open file. 0, -EBUSY when somebody else has it, -ENOENT when the file is no more. */
int file_lock(int fd);
/* Removes the file unless somebody works on it, or `other` (NULL: none) stands beside it, which the lock
 * shows to be so for good. True: it is gone. */
bool file_remove_idle(int directory, const char *name, const char *other);

#endif
