/* send.h: packets on their way over the transport, one by one or several in one go. What they are is left to
 * tell.c, what answers mean to hear.c. */
#ifndef FILTERS_MILTER_SEND_H
#define FILTERS_MILTER_SEND_H

#include "filters/milter/client.h"

/* Sends what there is room for; true when nothing is left. */
bool milter_push(struct filter_ctx *ctx, struct milter_client *client);
/* What the milter is told in one go costs little: its header section, and as much of the body as that, is put
 * off until a packet is due that something depends on, or there is much of it. */
bool milter_puts_off(struct filter_ctx *ctx, const struct milter_client *client);
/* After the answer to a packet of this command: whether another is awaited before the question is answered.
 * What it has decided about the message is all that counts; a SKIP of something earlier than what is asked
 * about is no answer to that. */
bool milter_more_is_due(struct filter_ctx *ctx, struct milter_client *client, char answered);

#endif
