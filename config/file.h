/* file.h: a whole file in memory. What is in it is left to others. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "base/arena.h"

#define FILE_OCTETS_MAX ((size_t)64 << 20)

/* Reads a file into the arena, NUL-terminated. 0, or a negative errno (-EFBIG beyond FILE_OCTETS_MAX). */
int file_read(const char *path, struct arena *arena, struct span *out);
/* A path as it is meant in a file of that directory: itself when absolute. NULL when the arena is full. */
const char *file_beside(const char *directory, const char *path, struct arena *arena);
/* The directory part of a path, without the final slash; "." when there is none. NULL as above. */
const char *file_directory(const char *path, struct arena *arena);

#endif
