/* sieve_private.h: what a sieve is made of, for the files of sieve. Private to regex/. */
#ifndef REGEX_SIEVE_PRIVATE_H
#define REGEX_SIEVE_PRIVATE_H

#include "filters/regex/sieve.h"

/* Where a literal stands in a match of its pattern. */
struct sieve_place {
    uint32_t pattern;
    uint16_t near, far;
};

struct sieve {
    const struct pattern **patterns;
    size_t count;
    size_t window;
    size_t context; /* octets before a piece that a literal in it may lead back to */
    uint32_t *continuous;
    size_t continuous_count;
    struct trigger_set *triggers; /* NULL: there are no literals */
    struct literal *literals;
    struct sieve_place *places; /* of each */
    size_t literal_count;
};

#endif
