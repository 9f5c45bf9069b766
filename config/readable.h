/* readable.h: can the user that proxy.yaml names read a file, or work in a directory, once the rights of root
 * are given up. Giving them up is left to the program. */
#ifndef CONFIG_READABLE_H
#define CONFIG_READABLE_H

#include <stdbool.h>

/* False when it is certain that this user cannot: asked with root's rights of a user that exists. */
bool readable_by(const char *path, const char *user);
/* The same of reading, making and removing files in a directory; without a user, or as that user, asked of
 * ourselves. */
bool workable_by(const char *directory, const char *user);

#endif
