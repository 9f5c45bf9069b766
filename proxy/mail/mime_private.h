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
#include "mail/mime_lines.h"

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
    uint64_t start;      /* octets of the input before its header section */
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

/* --- mime.c, mime_header.c, mime_body.c: one stream of lines, and the parts under way in it */

#define MIME_TUNNELS 3 /* multiparts or messages in base64, one in the other, that are looked into */

/* What a step came to. */
enum progress {
    MOVED,   /* something was read, or an event is there */
    STARVED, /* nothing can be done without more input */
    ENDED    /* the stream is over, and so is every part in it */
};

/* One stream of lines and the parts under way in it: the message, or what a tunnel decodes to. */
struct scanner {
    struct level *top;
    struct level *goal; /* parts above this one are being closed; NULL: none are */
    struct mime_lines lines;
    struct span held;     /* body that lies in `lines` */
    struct span tail;     /* body that the header reader held */
    size_t lying, behind; /* body at the head of the input, not yet taken; what was read behind it already */
    size_t delimiter;     /* octets of the last delimiter, with the line end before it */
    size_t noted;         /* octets of the preamble or epilogue under way */
    bool closing;         /* the delimiter was a closing one */
    bool last;            /* nothing follows what is in `buffer` */
    char *buffer;         /* of a tunnel; NULL: the input is the caller's */
    size_t read, filled;
};

struct mime {
    struct mime_limits limits;
    unsigned parts;
    unsigned active;   /* the innermost scanner */
    uint64_t consumed; /* octets of the input */
    bool failed;
    struct level *dead; /* its end has been told; freed with the next call */
    struct mime_content content;
    struct scanner scanners[MIME_TUNNELS + 1];
};

/* A new innermost part, its header section still to be read. False: no memory. */
bool mime_push(struct mime *mime, struct scanner *scanner, const struct mime_part *parent);
/* Its body is encoded as a whole. */
bool mime_encoded(const struct level *level);

/* Reads the header section of the innermost part. */
enum progress mime_read_header(struct scanner *scanner, struct span in, bool last, size_t *used,
                               struct mime_event *event);
/* The section has been read and told: what the body is. */
void mime_open_body(struct mime *mime, struct scanner *scanner, struct level *level);

/* The innermost multipart that the line delimits, and whether it closes it (scanner->closing), or NULL. */
struct level *mime_delimited(struct scanner *scanner, struct span line);
/* Reads the body of the innermost part. */
enum progress mime_read_body(struct mime *mime, struct scanner *scanner, struct span in, bool last,
                             size_t *used, struct mime_event *event);
/* The parts above the delimited multipart have been closed: it goes on. */
void mime_pass_delimiter(struct mime *mime, struct scanner *scanner);
/* Closes the innermost part. STARVED: a tunnel's inside has to end first. */
enum progress mime_end_level(struct mime *mime, struct scanner *scanner, struct mime_event *event);

#endif
