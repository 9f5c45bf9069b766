/* pending.h: octets that are kept until they are understood; grows as needed. Where they go is left to
 * others.
 */
#ifndef DISCLAIMER_PENDING_H
#define DISCLAIMER_PENDING_H

#include "postern/span.h"

/* Embedded by value; zeroed at first. */
struct pending {
    char *ptr;
    size_t len, size;
};

/* False when memory is short. */
bool pending_add(struct pending *pending, struct span s);
/* The first n go. */
void pending_drop(struct pending *pending, size_t n);
void pending_free(struct pending *pending);

static inline struct span pending_span(const struct pending *pending)
{
    return span_of(pending->ptr != NULL ? pending->ptr : "", pending->len);
}

#endif
