/* place.h: where in the HTML of a part a wording goes. What becomes of the octets is left to part.c. */
#ifndef DISCLAIMER_PLACE_H
#define DISCLAIMER_PLACE_H

#include "postern/span.h"

#define PLACE_TAIL 4096 /* octets from </body> on that count as the end of a page */

enum place_kind { PLACE_PLAIN, PLACE_BEHIND_BODY_TAG, PLACE_BEFORE_BODY_END };

/* Zeroed, then kind set, at the start of each part. Embedded by value. */
struct place {
    enum place_kind kind;
    bool found; /* the place is behind us */
    /* private */
    size_t matched; /* octets of the tag that have been seen */
    char quote;     /* inside an attribute's value: its quotation mark */
    size_t held;
    char tail[PLACE_TAIL];
};

/* Takes octets from the head of *in; *pass is what goes on now, of them or of what was held back, valid until
 * the next call. True: the wording goes behind *pass. Call until *in is empty. */
bool place_read(struct place *place, struct span *in, struct span *pass);
/* The part is over: what was held back. The wording, unless it was put already, goes before it. */
struct span place_end(const struct place *place);

#endif
