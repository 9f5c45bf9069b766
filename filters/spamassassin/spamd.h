/* spamd.h: what spamd answers to SYMBOLS. What it comes to is left to spamassassin.c. Private to the filter.
 */
#ifndef FILTERS_SPAMASSASSIN_SPAMD_H
#define FILTERS_SPAMASSASSIN_SPAMD_H

#include <stdint.h>

#include "postern/span.h"

struct spamd_answer {
    int64_t score;      /* thousandths */
    struct span tests;  /* names of the tests that matched, separated by commas */
    struct span status; /* the first line, without CRLF: what went wrong, when something did */
};

/* Thousandths of "-12.3"; digits beyond are dropped. False when it is no such number. */
bool spamd_score(struct span s, int64_t *out);
/* Reads a whole answer. False when it is none, or not whole, or says that something went wrong. */
bool spamd_parse(struct span text, struct spamd_answer *out);

#endif
