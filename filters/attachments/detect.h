/* detect.h: what kind of file some octets are, by libmagic. What follows from it is left to others. */
#ifndef ATTACHMENTS_DETECT_H
#define ATTACHMENTS_DETECT_H

#include "postern/span.h"

/* The MIME type of what begins with these octets ("application/x-dosexec"), valid until the thread's next
 * call; NULL when libmagic fails. */
const char *detect_type(struct span octets);

#endif
