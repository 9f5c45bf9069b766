/* line.h: the next command line in a stream of bytes: CRLF alone ends it. What it means is left to command.c.
 */
#ifndef SMTP_LINE_H
#define SMTP_LINE_H

#include <stddef.h>

#include "postern/span.h"

/* What is wrong with a completed line; a set. */
#define LINE_TOO_LONG 1u
#define LINE_BARE_CR  2u
#define LINE_BARE_LF  4u
#define LINE_NUL      8u

/* What must be remembered between calls; zeroed at the start. Embedded by value. */
struct line {
    size_t seen;   /* octets of data already examined, so that a trickle costs linear time */
    size_t length; /* octets of an over-long line dropped so far; 0: none is under way */
    unsigned faults;
};

/* Looks for the next line in data, which begins where the last call's consumed bytes ended.
 * > 0: octets consumed; *out is the line without CRLF, or {NULL, 0} when these were bytes of an over-long
 * line that are dropped (its end will come as an empty line with LINE_TOO_LONG). 0: no complete line yet, and
 * data.len <= limit; nothing consumed. *faults is set with every completed line. limit counts octets
 * including CRLF (RFC 5321 4.5.3.1.4). */
size_t line_next(struct line *line, struct span data, size_t limit, struct span *out, unsigned *faults);

#endif
