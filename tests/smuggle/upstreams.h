/* upstreams.h: models of servers behind the proxy, strict and lax: where each would see the end of a message.
 */
#ifndef SMUGGLE_UPSTREAMS_H
#define SMUGGLE_UPSTREAMS_H

#include "postern/span.h"

/* What a server takes for what; a set. */
#define UPSTREAM_LF             1u  /* a bare LF ends a line */
#define UPSTREAM_CR             2u  /* a bare CR ends a line */
#define UPSTREAM_DOT_CRLF       4u  /* the dot that ends the message must have CRLF behind it */
#define UPSTREAM_TRAILING_CR    8u  /* any number of CRs before a line's end belong to that end */
#define UPSTREAM_TRAILING_BLANK 16u /* blanks at the end of a line do not count */
#define UPSTREAM_NUL            32u /* NUL is not there */

struct upstream {
    const char *name;
    unsigned takes;
};

#define UPSTREAMS 8
/* The first is strict, the others are not. */
extern const struct upstream upstreams[UPSTREAMS];

/* Octets up to the end that this server sees of the message at the start of input; 0: it sees none. Content,
 * unstuffed, lines with CRLF, goes to content[*len] (as large as input and 2 octets more). */
size_t upstream_read(const struct upstream *upstream, struct span input, char *content, size_t *len);

/* The name of a server that does not see a message with this content, ending behind `end` octets of input (0:
 * that sees a message at all); NULL: they all do. */
const char *upstreams_dissenter(struct span input, size_t end, struct span content);

#endif
