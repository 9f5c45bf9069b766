/* agree.h: what client and milter agree on before the first event. */
#ifndef FILTERS_MILTER_AGREE_H
#define FILTERS_MILTER_AGREE_H

#include "filters/milter/client.h"

/* Writes our OPTNEG. */
void milter_offer(struct milter_client *client, const struct milter_config *config);
/* Takes the milter's. Bits of steps that have not been offered are passed over and logged once, as some
 * milters answer with all that they know; actions too, whose use is then passed over in turn. False: no
 * agreement, and milter_fail() has been called. */
bool milter_agree(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet);

#endif
