/* mime_private.h: a part under way, and the reader that hands its content on, as the files of mime see them.
 * Private to mail/. */
#ifndef MAIL_MIME_PRIVATE_H
#define MAIL_MIME_PRIVATE_H

#include "base/text.h"
#include "mail/charset.h"
#include "mail/content.h"
#include "mail/header.h"
#include "mail/html.h"
#include "mail/mime.h"

#define MIME_STRINGS 4096  /* octets of what is known of one part */
#define MIME_BLOCK   16384 /* octets of each buffer that content passes through */

/* Where a part stands. */
enum level_state {
    LEVEL_HEADER,   /* its header section is being read */
    LEVEL_LEAF,     /* its body is content */
    LEVEL_PREAMBLE, /* a multipart, before its first delimiter */
    LEVEL_INSIDE,   /* a part of it is under way */
    LEVEL_EPILOGUE, /* behind its closing delimiter */
    LEVEL_TUNNEL /* a multipart or message in base64 or the like: decoded, it is read by the next scanner */
};

/* A part under way, in the list of those around it. */
struct level {
    struct level *outer;
    struct mime_part part;
    struct span other_boundary; /* another reader would take this one; absent: there is none */
    struct header_reader header;
    enum level_state state;
    uint32_t seen;       /* bits of the fields that may be there once */
    bool raw_too;        /* another reader would not decode it: it is given undecoded as well */
    bool begun;          /* MIME_PART_BEGIN has been told */
    bool closed;         /* its closing delimiter has been seen */
    bool shadow;         /* a multipart in base64, seen from within: no part of its own */
    bool digest;         /* its parts are messages unless they say otherwise */
    bool typed, encoded; /* a Content-Type, a Content-Transfer-Encoding has been seen */
    uint64_t told;       /* bits of the anomalies that have been told */
    struct decode decode;
    struct charset charset;
    struct html html;
    struct text strings;
    char bytes[MIME_STRINGS];
};

/* --- mime_part.c: what a header section says about its part */

/* A field of the header section under way. */
void part_field(struct level *level, struct span name, struct span value);
/* The header section is over: what it left unsaid is filled in. */
void part_settle(struct level *level);

/* --- mime_content.c: content through decoding, charset and HTML to events */

/* The one body under way. Embedded by value. */
struct mime_content {
    char *blocks;        /* three of MIME_BLOCK: decoded, UTF-8, rendered */
    struct span decoded; /* in the first, not yet UTF-8 */
    struct span text;    /* in the second, not yet rendered */
    size_t shown;        /* of the input: given as bytes already, to be taken as text or decoded next */
    unsigned finished;   /* stages that have given what they held back */
};

/* Takes octets of a leaf's body from the head of in; those used up, perhaps none. *event is left alone when
 * there is nothing to tell: with nothing used up either, all of the input is. The rest of in must be given
 * again. */
size_t content_take(struct mime_content *content, struct level *level, struct span in,
                    struct mime_event *event);
/* The body has ended: true while there is something to tell. */
bool content_end(struct mime_content *content, struct level *level, struct mime_event *event);

#endif
