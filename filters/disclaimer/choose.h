/* choose.h: which parts of a message are its text: those that a person reads first. What is done with them is
 * left to disclaimer.c. */
#ifndef DISCLAIMER_CHOOSE_H
#define DISCLAIMER_CHOOSE_H

#include "postern/filter.h"

#define CHOOSE_DEPTH 8 /* multiparts in each other that a text is looked for in */

/* A multipart in which a text is looked for. */
struct container {
    unsigned index;
    bool all;    /* multipart/alternative: every part says the same */
    bool passed; /* a part of it has begun */
};

/* Zeroed at the start of each message. Embedded by value. */
struct choice {
    struct container open[CHOOSE_DEPTH];
    unsigned depth;
};

enum choose {
    CHOOSE_NOT,   /* not text, or not the text of this message */
    CHOOSE_OPEN,  /* a multipart: what is in it may be */
    CHOOSE_TEXT,  /* text/plain or text/html */
    CHOOSE_SEALED /* signed or encrypted */
};

/* A part begins. */
enum choose choose_begin(struct choice *choice, const struct filter_part *part);
/* True for a part that may be chosen when it begins. */
bool choose_may(const struct choice *choice, const struct filter_part *part);
/* The structure of the part is in doubt: nothing in it is chosen. */
void choose_doubt(struct choice *choice, const struct filter_part *part);
/* A part is over. */
void choose_end(struct choice *choice, const struct filter_part *part);
/* True when no part that follows will be chosen. */
bool choose_over(const struct choice *choice);

#endif
