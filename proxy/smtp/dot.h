/* dot.h: DATA framing (RFC 5321 4.5.2): finds the true end of data, undoes and redoes dot-stuffing, and lets
 * no bare CR, bare LF or NUL pass. Filters and limits are left to session/body. */
#ifndef SMTP_DOT_H
#define SMTP_DOT_H

#include <stdint.h>

#include "base/text.h"
#include "postern/span.h"

/* What was seen so far; a set. */
#define DOT_BARE_CR   1u
#define DOT_BARE_LF   2u
#define DOT_NUL       4u
#define DOT_LONG_LINE 8u

enum dot_policy {
    DOT_REJECT,   /* faults are noted; from the first bare CR, bare LF or NUL on no content is given */
    DOT_NORMALISE /* bare CR and bare LF become CRLF, NUL vanishes; never an end of data */
};

enum dot_event {
    DOT_MORE,    /* all of the input consumed, no content in this call */
    DOT_CONTENT, /* *run holds content */
    DOT_END      /* CRLF.CRLF consumed; *run is empty */
};

/* Zeroed, then policy and line_limit set, at the start of each message. Embedded by value. */
struct dot_reader {
    enum dot_policy policy;
    uint32_t line_limit; /* octets including CRLF, not counting a stuffed dot; 0: none (RFC 5321 4.5.3.1.6) */
    uint32_t line_len;
    uint8_t state; /* 0: at the start of the message */
    char held[3];  /* CRLF for a CR that was held back and proved bare, and the octet behind it */
    unsigned faults;
};

/* Reads from the start of in. Returns the octets consumed (at least one when in is not empty). A run points
 * into `in`, at a static CRLF, or into the reader (valid until the next call); it is unstuffed and CRLF-clean
 * and never ends between CR and LF: a CR is held back until its LF has come. Runs concatenated are the
 * message. Only CRLF "." CRLF ends it, where the first CRLF may be the one that ended the DATA command;
 * behind a normalised line end a dot is content. */
size_t dot_read(struct dot_reader *reader, struct span in, struct span *run, enum dot_event *event);

/* Writing: zeroed at the start of each message. */
struct dot_writer {
    bool inside_line; /* false: the next octet begins a line */
};

/* Stuffs as much of content as fits into `to` (CRLF-clean content, in pieces of any size). Returns octets of
 * content consumed; 0 only when to is full (fewer than 2 octets free) or content empty. */
size_t dot_write(struct dot_writer *writer, struct span content, struct text *to);

/* The end of data for what has been written: CRLF first if the content did not end with one. */
struct span dot_end(const struct dot_writer *writer);

#endif
