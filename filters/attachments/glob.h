/* glob.h: whether a text fits a pattern as a shell has them: * ? [a-z] [!a-z]. What is asked about is left to
 * others. */
#ifndef ATTACHMENTS_GLOB_H
#define ATTACHMENTS_GLOB_H

#include "postern/span.h"

/* Without regard to ASCII case. * is any octets, ? one UTF-8 character, [...] one octet of a set, a backslash
 * takes the next octet as it is; a [ without its ] is itself. Time: at most pattern times text. */
bool glob_match(struct span pattern, struct span text);

#endif
