/* header_edit.h: changes to a header section, applied in order; a field that none of them names comes out
 * octet for octet. How a field is written is left to header_print.c, who may change what to others. */
#ifndef MAIL_HEADER_EDIT_H
#define MAIL_HEADER_EDIT_H

#include "base/text.h"

enum header_edit_kind {
    HEADER_PREPEND, /* above everything */
    HEADER_INSERT,  /* behind the first n fields; 0: at the top, below what stands above the section */
    HEADER_APPEND,  /* behind the last field */
    HEADER_CHANGE,  /* the n-th field of the name, from 1; where there are fewer it is appended */
    HEADER_DELETE   /* likewise; where there are fewer nothing happens */
};

/* Fields are counted as their editor knows them: those that the message came with, and its own; what other
 * editors have added or deleted does not move them. Where two editors change the same field the later edit
 * wins. */
struct header_edit {
    struct header_edit *next; /* the edit that was made after this one */
    const void *editor;       /* compared, never followed */
    enum header_edit_kind kind;
    unsigned n;
    struct span name;  /* compared without regard to case */
    struct span field; /* the new field, complete with its CRLF; not for DELETE */
};

/* True when the section itself need not be known: all that the edits do is to put fields in front of it. */
bool header_edits_precede(const struct header_edit *edits);

/* Applies the edits, oldest first, to a header section (whole fields, then the blank line where there is one;
 * divided: there will be one in any case). *above: the octets of its first fields that have been prepended
 * before; then those of what comes out. Between these and the rest is the place of our own trace field. Takes
 * time in proportion to the section and the edits as long as each editor names a field near to the one of
 * that name it named last. 0 and *out, whose memory the caller frees with mem_free(); -1 when memory is
 * short.
 */
int header_edit(const struct header_edit *edits, struct span section, bool divided, size_t *above,
                struct text *out);

#endif
