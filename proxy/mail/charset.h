/* charset.h: text in any charset becomes UTF-8, in pieces of any size (iconv of the C library). */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <stdint.h>

#include "base/text.h"
#include "mail/anomaly.h"

/* Zeroed, then charset_open(), at the start of each text; charset_close() at its end. Embedded by value. */
struct charset {
    uint64_t anomalies; /* bits of enum anomaly seen so far */
    /* private */
    void *converter; /* iconv_t; NULL: UTF-8, ASCII or Windows-1252, or unknown, taken for one of these */
    uint8_t held, kind, unit;
    char kept[16]; /* of a character that came in pieces */
};

/* name: as in a charset parameter; absent or empty: what the octets show (UTF-8 where it is valid, else
 * Windows-1252). Names that are not known are an anomaly and taken likewise. */
void charset_open(struct charset *charset, struct span name);
/* Converts from the head of in into at most `room` (at least 16) octets of UTF-8 at out. Returns the octets
 * of in that are used up; *made says how many were put. What the charset does not have becomes U+FFFD, one
 * for each octet (of UTF-16 and the like: each code unit), and an anomaly; NUL passes, and is one. */
size_t charset_feed(struct charset *charset, struct span in, char *out, size_t room, size_t *made);
#define CHARSET_FINISH_MAX 64

/* The text has ended: what was held back. */
size_t charset_finish(struct charset *charset, char out[CHARSET_FINISH_MAX]);
void charset_close(struct charset *charset);

/* All of s, and with charset_end() what was held back, is appended to `to`. */
void charset_add(struct charset *charset, struct span s, struct text *to);
void charset_end(struct charset *charset, struct text *to);
/* The whole of a text at once. Returns bits of enum anomaly. */
uint64_t charset_convert(struct span name, struct span s, struct text *to);

#endif
