/* clean.h: are the line ends of content clean, so that BDAT content may be sent by DATA (RFC 3030 3)? Undoing
 * dots is left to dot.c. */
#ifndef SMTP_CLEAN_H
#define SMTP_CLEAN_H

#include "smtp/dot.h"

/* Zeroed at the start of each message. Embedded by value. */
struct clean {
    bool after_cr;
};

/* Looks at the next octets of content, in pieces of any size: a set of DOT_BARE_CR, DOT_BARE_LF and DOT_NUL;
 * 0 when clean. A CR at the very end of the message is not seen as bare here: what sends the content must
 * complete it. */
unsigned clean_check(struct clean *clean, struct span content);

#endif
