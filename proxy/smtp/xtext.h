/* xtext.h: xtext, the encoding of values that must be one word of printable US-ASCII (RFC 3461 4). What a
 * value means is left to others. */
#ifndef SMTP_XTEXT_H
#define SMTP_XTEXT_H

#include "base/text.h"

/* Decodes into *to; false when malformed, when there is no room or when a control character comes out. */
bool xtext_decode(struct span s, struct text *to);
/* Encodes any octets; to->cut: no room. */
void xtext_encode(struct span s, struct text *to);

#endif
