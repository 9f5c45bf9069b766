/* field.h: a header field on one line, as rules see it. Reading the header section is left to the proxy. */
#ifndef REGEX_FIELD_H
#define REGEX_FIELD_H

#include "postern/filter.h"

/* Memory for one field at a time; zeroed at first. Embedded by value. */
struct field {
    char *ptr;
    size_t size;
};

/* Composes "Name: value" from a name and a value as transmitted: unfolded, without white space at the ends of
 * the value. *line and, within it, *unfolded are valid until the next call. -1 when memory is short. */
int field_compose(struct field *field, struct span name, struct span value, struct span *line,
                  struct span *unfolded);
/* The same with the value as a person reads it (filter_field_text()); *same: that is how it is transmitted.
 */
int field_decode(struct field *field, struct span name, struct span value, struct span *line,
                 struct span *text, bool *same);
void field_free(struct field *field);

#endif
