/* authserv.h: whose word an Authentication-Results field claims to be. What is done about it is left to
 * headers.c. */
#ifndef HEADERS_AUTHSERV_H
#define HEADERS_AUTHSERV_H

#include "postern/span.h"

/* Reads the authserv-id (RFC 8601 2.2) at the start of a field's value, which may be folded: quotes and
 * comments removed, without a dot at its end. Its length, `size` when it is that long or longer, 0 when there
 * is none or nobody can tell where it is. */
size_t authserv_read(struct span value, char *id, size_t size);

#endif
