/* header.h: streams the header section of a message into fields. What a field means is left to others. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdint.h>

#include "postern/span.h"

enum header_event {
    HEADER_MORE,  /* all of the input consumed, nothing complete */
    HEADER_FIELD, /* name and value of one field */
    HEADER_END,   /* the header section is over; what is left of the input (and nothing before) is body */
    HEADER_ERROR /* a field, or the number of fields, exceeds the limits (reader->error says which); sticky */
};

enum header_error { HEADER_OK, HEADER_FIELD_LONG, HEADER_FIELDS_MANY, HEADER_SECTION_LONG, HEADER_NO_MEMORY };

/* Zeroed, then limits set, at the start of each message; header_free() at its end. Embedded by value. */
struct header_reader {
    size_t field_limit;   /* octets of one field, folding included */
    size_t section_limit; /* octets of the whole section */
    unsigned count_limit; /* fields */
    unsigned count;       /* fields seen */
    unsigned received;    /* of them "Received" (loop detection, RFC 5321 6.3) */
    size_t octets;        /* of the section so far */
    enum header_error error;
    bool done;
    bool spaced;    /* white space stood between the name of the last field and its colon */
    bool malformed; /* the section ended at a line that is no field and no blank line: that line is body */
    /* private */
    char *field;
    size_t used, size, colon;
    uint8_t state;
};

/* Reads from the start of in (content: unstuffed, in pieces of any size; lines end with CRLF, or LF alone).
 * Returns the octets consumed. After HEADER_FIELD *name and *value are valid until the next call: value is
 * everything after the colon, folding kept, final line end removed. After HEADER_END with `malformed`, the
 * bytes of the line that ended the section which were already consumed are in header_tail(): they are the
 * first octets of the body.
 */
size_t header_read(struct header_reader *reader, struct span in, struct span *name, struct span *value,
                   enum header_event *event);
/* Octets of body that header_read() consumed before it knew they were body; empty otherwise. */
struct span header_tail(const struct header_reader *reader);
/* The message ended inside the header section: the field under way, if any (HEADER_FIELD), then HEADER_END.
 */
void header_finish(struct header_reader *reader, struct span *name, struct span *value,
                   enum header_event *event);
/* Frees what the reader holds; it may then be zeroed and used again. */
void header_free(struct header_reader *reader);

#endif
