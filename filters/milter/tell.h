/* tell.h: the packets of one event. When they may be sent is left to client.c. */
#ifndef FILTERS_MILTER_TELL_H
#define FILTERS_MILTER_TELL_H

#include "filters/milter/client.h"

/* Writes the next packets of the event asked about, what it must know first included: CONNECT, HELO. An
 * answer that is due is awaited from now on. False: nothing is left to be written. */
bool milter_tell(struct filter_ctx *ctx, struct milter_client *client);

/* True when packets of this command are sent, and when they are answered. */
bool milter_sends(const struct milter_client *client, char command);
bool milter_answers(const struct milter_client *client, char command);
/* True for a packet, of any command, that an answer follows. */
bool milter_is_due(const struct milter_client *client, char command);

#endif
