/* reply.h: replies that are made here, and replies that are read from an upstream. Who answers what is left
 * to session/exchange. */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/text.h"
#include "postern/span.h"

/* A reply made here: one code, one enhanced code (RFC 3463, NULL: none), one line of text. */
struct reply {
    unsigned code;
    const char *enhanced;
    const char *text;
};

/* Prints "code [enhanced ]text CRLF"; the enhanced code only when `enhanced` (RFC 2034). Untrusted octets in
 * text are made harmless; the line is cut at 512 octets (RFC 5321 4.5.3.1.5). */
void reply_print(struct text *text, unsigned code, const char *enhanced, struct span line,
                 bool with_enhanced);
/* The same of a text whose LFs separate lines, 32 of them at most. */
void reply_print_lines(struct text *text, unsigned code, const char *enhanced, struct span lines,
                       bool with_enhanced);

/* True for a well-formed enhanced code whose class fits the reply code ("5.7.1" with 550). */
bool reply_enhanced_valid(struct span enhanced, unsigned code);
/* Splits "5.7.1 text" into enhanced code and rest; *enhanced is absent when there is none. */
void reply_split_enhanced(struct span line, unsigned code, struct span *enhanced, struct span *rest);

/* What must be remembered between calls; zeroed before each reply. Embedded by value. */
struct reply_reader {
    size_t seen;    /* octets of complete lines examined */
    size_t scanned; /* octets searched for the end of the line under way */
    unsigned code;
    unsigned lines;
};

/* One complete upstream reply. */
struct reply_in {
    unsigned code;
    struct span lines; /* all of it as received, CRLF included */
    unsigned count;    /* number of lines */
};

struct reply_limits {
    size_t octets; /* of a whole reply */
    unsigned lines;
};

enum reply_error {
    REPLY_SYNTAX = -1, /* no code 200..599, no separator, bare LF or CR, NUL */
    REPLY_MIXED = -2,  /* "250-a", "550 b" */
    REPLY_LONG = -3
};

/* Reads one reply at the start of data. > 0: octets consumed, *out filled; 0: need more; < 0: enum
 * reply_error. A bare "250" CRLF is accepted (RFC 5321 4.2.1: seen in the wild). */
long reply_read(struct reply_reader *reader, struct span data, const struct reply_limits *limits,
                struct reply_in *out);

/* Walks the lines: takes the first off *rest and gives its text (after code and separator, without CRLF).
 * false at the end. */
bool reply_next_line(struct span *rest, struct span *text);

/* Prints a received reply again, line by line as "ddd-text" / "ddd text" CRLF, untrusted octets made
 * harmless, each line cut at 512 octets. */
void reply_relay(struct text *text, const struct reply_in *in);

#endif
