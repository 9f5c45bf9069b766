/* readable.h: can the user that proxy.yaml names read a file once the rights of root are given up. Giving
 * them up is left to the program. */
#ifndef CONFIG_READABLE_H
#define CONFIG_READABLE_H

#include <stdbool.h>

/* False when it is certain that this user cannot: asked with root's rights of a user that exists. */
bool readable_by(const char *path, const char *user);

#endif
