/* rights.h: what the process may do: open files, capabilities, and whom it is. Who it should be is said in
 * proxy.yaml. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "base/log.h"
#include "session/settings.h"

/* Raises the limit of open files to what is allowed at most. */
void rights_raise_files(struct log *log);
/* Becomes the settings' user and group (the user's own when absent) for good, but for the capabilities that
 * the settings need: CAP_NET_ADMIN for TPROXY, clients' addresses as source, and marks; CAP_NET_BIND_SERVICE
 * for ports below 1024 of later configurations. Not as root it only notes that it cannot. No program that is
 * started from here on gains rights. Before threads start. False, after an error in the log, when it did not
 * work or a capability is missing. */
bool rights_drop(const struct settings *settings, struct log *log);
/* False, after an error in the log, when these settings need a capability that the process does not have. */
bool rights_suffice(const struct settings *settings, struct log *log);

#endif
