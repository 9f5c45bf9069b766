/* content.h: Content-Type and Content-Disposition taken apart (RFC 2045 5.1, RFC 2183, RFC 2231). What a part
 * is in the end is left to mime.c. */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include <stdint.h>

#include "base/text.h"
#include "mail/anomaly.h"

#define CONTENT_PARAMETERS_MAX 64 /* looked at in one field */

/* One parameter: continuations put together, percent-encoding and charset undone: UTF-8. */
struct content_parameter {
    struct span name; /* lower case, without the stars */
    struct span value;
    bool extended; /* had RFC 2231's marks */
};

/* A field taken apart. All spans lie in the text given to content_parse(). */
struct content {
    struct span type;    /* lower case; "attachment" or "inline" of a disposition; empty when unreadable */
    struct span subtype; /* lower case; absent in a disposition */
    struct content_parameter parameters[CONTENT_PARAMETERS_MAX];
    unsigned count;
    uint64_t anomalies;
};

/* Takes the value of a field apart: comments and folding skipped, quoting undone, encoded words in values
 * (which the standard forbids and mailers write) decoded. Repeated parameters are all kept, in order: readers
 * differ in which they take. to: room for what is decoded, at least twice the value; what does not fit is
 * left out (ANOMALY_PARAMETER_SYNTAX). Linear. */
void content_parse(struct span field, bool disposition, struct content *out, struct text *to);
/* The nth parameter (from 0) of this name, or NULL. */
const struct content_parameter *content_parameter(const struct content *content, struct span name,
                                                  unsigned nth);

#endif
