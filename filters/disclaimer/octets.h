/* octets.h: octets that are kept until they are understood; grows as needed. Where they go is left to others.
 */
#ifndef DISCLAIMER_OCTETS_H
#define DISCLAIMER_OCTETS_H

#include "postern/span.h"

/* Embedded by value; zeroed at first. */
struct octets {
    char *ptr;
    size_t len, size;
};

/* False when memory is short. */
bool octets_add(struct octets *octets, struct span s);
/* The first n go. */
void octets_drop(struct octets *octets, size_t n);
void octets_free(struct octets *octets);

static inline struct span octets_span(const struct octets *octets)
{
    return span_of(octets->ptr != NULL ? octets->ptr : "", octets->len);
}

#endif
