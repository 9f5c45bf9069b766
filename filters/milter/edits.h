/* edits.h: what a milter changes at the end of a message. When packets come is left to client.c. */
#ifndef FILTERS_MILTER_EDITS_H
#define FILTERS_MILTER_EDITS_H

#include "filters/milter/client.h"

/* True for a packet that changes something. */
bool milter_is_edit(char command);
/* Makes the change; what the milter has not been allowed is passed over and logged once. What is made counts
 * only if the milter does not fail afterwards: the chain sees to that. False when it cannot be made:
 * milter_fail() has been called. */
bool milter_edit(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet);

#endif
