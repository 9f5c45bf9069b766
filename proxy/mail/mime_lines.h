/* mime_lines.h: finds delimiter lines in a body that arrives in pieces; what they delimit is left to mime.c.
 * Private to mail/. */
#ifndef MAIL_MIME_LINES_H
#define MAIL_MIME_LINES_H

#include "postern/span.h"

#define MIME_LINE_MAX 512 /* octets of a line that may be a delimiter; longer ones are none */

/* Zeroed at the start of each body: that is the start of a line. Embedded by value. */
struct mime_lines {
    /* private: octets that may turn out to be no body are held back: the end of the line before, which a
     * delimiter would own, and a line that begins with "--" */
    size_t held;
    size_t ending; /* of them, at their head: the line end */
    size_t flush;  /* of them: body after all, given away next */
    size_t given;  /* of them: given away with the last call */
    bool inside;   /* not at the start of a line */
    char hold[MIME_LINE_MAX + 4];
};

enum mime_line {
    MIME_LINE_MORE,     /* nothing to tell; without input: until there is more */
    MIME_LINE_BODY,     /* *bytes belong to the body */
    MIME_LINE_CANDIDATE /* *bytes are a whole line, without its end, that begins with "--" */
};

/* Reads from the head of in; the octets used up. `last`: nothing follows in. *bytes are valid until the next
 * call. After CANDIDATE comes mime_lines_accept() or mime_lines_refuse(). */
size_t mime_lines_read(struct mime_lines *lines, struct span in, bool last, enum mime_line *kind,
                       struct span *bytes);
/* The *bytes of the last call lie in `lines`, not in its input. */
static inline bool mime_lines_gave(const struct mime_lines *lines)
{
    return lines->given != 0;
}

/* The candidate was a delimiter: it vanishes, together with the line end before it. */
void mime_lines_accept(struct mime_lines *lines);
/* It was none: it belongs to the body after all. */
void mime_lines_refuse(struct mime_lines *lines);

#endif
