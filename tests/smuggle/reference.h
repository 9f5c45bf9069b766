/* reference.h: what a client's octets mean, said once more and in another way than the parsers': the whole
 * input at hand, and a search for octets where they keep states. */
#ifndef SMUGGLE_REFERENCE_H
#define SMUGGLE_REFERENCE_H

#include "base/text.h"

#define REFERENCE_MOST 512 /* octets of input */

/* A set. */
#define REFERENCE_BARE_CR 1u
#define REFERENCE_BARE_LF 2u
#define REFERENCE_NUL     4u

/* The message in what follows a DATA command. */
struct reference {
    size_t end;                       /* octets of input up to its end; 0: it does not end */
    char content[2 * REFERENCE_MOST]; /* unstuffed; each bare CR and bare LF a CRLF, NUL gone */
    size_t len;
    size_t clean;    /* octets of content before the first fault */
    unsigned faults; /* of the input up to its end */
};

/* Only CRLF "." CRLF ends it, the CRLF of the DATA command being the first there is; a dot at the start of a
 * line that a CRLF began is stuffing (RFC 5321 4.1.1.4, 4.5.2). */
void reference_message(struct reference *message, struct span input);

#define REFERENCE_MAIL "MAIL FROM:<a@example.com>"
#define REFERENCE_RCPT "RCPT TO:<b@example.org>"
#define REFERENCE_NOOP "NOOP"

/* Behind EHLO: for each command line of input how its reply begins, a line each; and the lines that reach the
 * upstream, which refuses none. Of the commands that exist, these three are known. */
void reference_commands(struct span input, struct text *replies, struct text *forwarded);

/* The faults of a line without its CRLF. */
unsigned reference_faults(struct span line);
/* The first CRLF in s, s.len when there is none. */
size_t reference_crlf(struct span s);

#endif
