/* rights.h: what the process may do: open files, and whom it is. Who it should be is said in proxy.yaml. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <stdbool.h>

#include "base/log.h"

/* Raises the limit of open files to what is allowed at most. */
void rights_raise_files(struct log *log);
/* Becomes user (a name, or NULL: stay) and group (NULL: the user's own) for good. Not as root it only notes
 * that it cannot. False, after an error in the log, when it did not work. */
bool rights_drop(const char *user, const char *group, struct log *log);

#endif
