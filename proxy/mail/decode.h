/* decode.h: undoes Content-Transfer-Encoding, in pieces of any size. Which encoding a part has is left to
 * mime.c, characters to charset.c. */
#ifndef MAIL_DECODE_H
#define MAIL_DECODE_H

#include <stdint.h>

#include "mail/anomaly.h"
#include "postern/span.h"

enum decode_encoding {
    DECODE_IDENTITY, /* 7bit, 8bit, binary */
    DECODE_BASE64,
    DECODE_QUOTED_PRINTABLE,
    DECODE_UUENCODE, /* from "begin" to "end"; octets outside pass unchanged */
    DECODE_UNKNOWN
};

/* The encoding that a Content-Transfer-Encoding value names (comments and space allowed, x-uuencode and the
 * like known); absent: DECODE_IDENTITY. */
enum decode_encoding decode_encoding(struct span value);

/* Zeroed, with the encoding set, at the start of each body. Embedded by value. */
struct decode {
    enum decode_encoding encoding;
    uint64_t anomalies; /* bits of enum anomaly seen so far */
    /* private */
    uint32_t bits;
    uint8_t held, state, line[6];
};

/* Decodes from the head of in into at most `room` (at least 8) octets at out. Returns the octets of in that
 * are used up; *made says how many were put. Nothing used up and nothing made: more room is needed, or more
 * input. Every octet is decoded whatever surrounds it: base64 skips what is no base64, goes on behind
 * padding, and takes the URL-safe alphabet; each deviation is an anomaly. Decoding is linear and keeps no
 * more than the struct.
 */
size_t decode_feed(struct decode *decode, struct span in, char *out, size_t room, size_t *made);
#define DECODE_FINISH_MAX 8

/* The body has ended: what was held back. */
size_t decode_finish(struct decode *decode, char out[DECODE_FINISH_MAX]);

#endif
