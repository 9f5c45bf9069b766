/* received.h: the fields that SpamAssassin reads the client from, as a mail server in Postern's place would
 * have written them. Private to the filter. */
#ifndef FILTERS_SPAMASSASSIN_RECEIVED_H
#define FILTERS_SPAMASSASSIN_RECEIVED_H

#include "postern/filter.h"

/* X-Envelope-From and Received (RFC 5321 4.4) of the message under way, in the arena of the message; now:
 * seconds since the epoch. {NULL, 0} when memory is short. */
struct span received_print(struct filter_ctx *ctx, int64_t now);

#endif
