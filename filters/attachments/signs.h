/* signs.h: whether something looks like an archive, by its first octets or by its name. Reading it is left to
 * archive.c. */
#ifndef ATTACHMENTS_SIGNS_H
#define ATTACHMENTS_SIGNS_H

#include "postern/span.h"

/* It begins as an archive, or a compressed file, does. */
bool signs_begin(struct span octets);
/* Its name ends as an archive's does. */
bool signs_name(struct span name);

#endif
