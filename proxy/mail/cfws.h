/* cfws.h: comments and folding white space (RFC 5322 3.2.2), which may stand between the words of a field.
 * What the words are is left to others. */
#ifndef MAIL_CFWS_H
#define MAIL_CFWS_H

#include "postern/span.h"

/* WSP = SP / HTAB, and the octets of a fold; those that came without one another count as well. */
static inline bool cfws_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Octets of white space that s begins with. */
size_t cfws_spaces(struct span s);
/* Octets of the comment that s begins with, nested ones and quoted pairs included; 0: it has no end, or s
 * begins with none. */
size_t cfws_comment(struct span s);
/* s without the white space at both ends. */
struct span cfws_trim(struct span s);

#endif
