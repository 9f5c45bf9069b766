/* header_print.h: writes one header field down. Where it goes in the section is left to header_edit.c. */
#ifndef MAIL_HEADER_PRINT_H
#define MAIL_HEADER_PRINT_H

#include "postern/span.h"

/* True for a name that a field may have: ftext of RFC 5322 3.6.8, with room for a value on the same line. */
bool header_name_valid(struct span name);

/* Octets that header_print() needs for a field with this name and value. */
size_t header_print_size(struct span name, struct span value);

/* Prints "Name: value" CRLF. Line breaks of the value that are folding (RFC 5322 2.2.3) stay, other control
 * characters become spaces, tabs excepted; lines that grow long are folded in front of words. The length, or
 * 0 when a word is too long for any line or the name is not valid. */
size_t header_print(struct span name, struct span value, char *out, size_t size);

/* Prints "Name:value" CRLF: the value with its white space and folding as they are, other control characters
 * as spaces. A value with a line that is too long (RFC 5322 2.1.1) is printed as by header_print(). */
size_t header_print_exact(struct span name, struct span value, char *out, size_t size);

#endif
