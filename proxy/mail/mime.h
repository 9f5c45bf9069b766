/* mime.h: a message becomes a stream of parts, fields and decoded bytes (RFC 2045, 2046), in pieces of any
 * size, without recursion, in time proportional to its length. What parts mean is left to filters. */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdint.h>

#include "mail/anomaly.h"
#include "mail/decode.h"
#include "postern/span.h"

struct mime;

/* Bounds; beyond them the message is still read to its end, as bytes of the part under way, and the anomaly
 * says so. */
struct mime_limits {
    unsigned depth;        /* of nested parts (multipart and message/rfc822) */
    unsigned parts;        /* in all */
    size_t field;          /* octets of one header field of a part */
    size_t header_section; /* octets of one part's header section */
};

/* A part, known from its header section on; the spans are valid until its MIME_PART_END. */
struct mime_part {
    unsigned index;            /* 0: the message itself; in the order of beginning */
    unsigned parent;           /* its index; of the message: 0 */
    unsigned depth;            /* 0: the message itself */
    struct span type, subtype; /* lower case; text/plain when not given, message/rfc822 in multipart/digest */
    struct span charset;       /* as given; absent when not */
    struct span boundary;      /* of a multipart */
    struct span disposition;   /* lower case; absent when not given */
    struct span filename;      /* UTF-8: filename, or else name; absent when neither was given */
    struct span other_name;    /* the other reading, where two were given that differ; else absent */
    struct span id;            /* Content-ID without angle brackets; absent when not given */
    enum decode_encoding encoding;
    bool multipart;     /* its body is parts */
    bool message;       /* its body is a message */
    bool text;          /* text/…: its bytes are also given as UTF-8 */
    uint64_t anomalies; /* bits of enum anomaly of this part so far */
};

enum mime_kind {
    MIME_MORE,  /* all of the input is used up, nothing to tell */
    MIME_FIELD, /* a header field of a part: name, value (as transmitted, unfolding left to the reader) */
    MIME_PART_BEGIN, /* its header section has been read */
    MIME_BYTES,      /* decoded octets of the part's body; of a multipart: preamble and epilogue */
    MIME_RAW,        /* the same before decoding, where another reader would not decode it */
    MIME_TEXT,       /* the same of a text part as UTF-8; HTML as its text (html.h) follows with `rendered` */
    MIME_PART_END,
    MIME_ANOMALY, /* of the part, the first time it shows */
    MIME_END      /* of the message */
};

/* Valid until the next call. */
struct mime_event {
    enum mime_kind kind;
    const struct mime_part *part;
    struct span name, value; /* MIME_FIELD */
    struct span bytes;       /* MIME_BYTES, MIME_TEXT */
    bool rendered;           /* MIME_TEXT: HTML as a person reads it, not its source */
    uint64_t at; /* octets of the input before the part's header section (MIME_FIELD), before its body
                    (MIME_PART_BEGIN), up to the end of its body (MIME_PART_END); of a part inside what is
                    encoded as a whole: 0 */
    enum anomaly anomaly;
};

/* NULL: no memory. */
struct mime *mime_new(const struct mime_limits *limits);
void mime_free(struct mime *mime);

/* Reads from the head of in (content: dots unstuffed; lines end with CRLF, or LF alone). Returns the octets
 * used up, at most up to the next event; call again with the rest until the event is MIME_MORE. With `last`,
 * in is all that is left: then until MIME_END. Where a structure can be read in two ways (two boundaries, two
 * encodings, a delimiter that another reader would not take for one), the body is also given undecoded, or
 * split by either, so that what any reader would see has been given; the anomaly names it. Out of memory:
 * MIME_END, and mime_failed(). */
size_t mime_read(struct mime *mime, struct span in, bool last, struct mime_event *event);
/* Memory ran out: nothing more is told. */
bool mime_failed(const struct mime *mime);

#endif
