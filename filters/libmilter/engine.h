/* engine.h: what a mail server says becomes callbacks of a filter, and what these answer goes back. No
 * sockets and no threads: where packets come from and go to is left to link.c. */
#ifndef FILTERS_LIBMILTER_ENGINE_H
#define FILTERS_LIBMILTER_ENGINE_H

#include "filters/libmilter/context.h"

/* Takes one packet of the mail server: calls the filter, answers through the context's outlet. Strings of the
 * packet end in NUL and are the filter's to write on until this returns. False: the session is over (QUIT,
 * the other end has gone or does not keep to the protocol); engine_end() has to follow. Calls for one context
 * come one after the other, on any thread. */
bool engine_take(SMFICTX *ctx, const struct milter_packet *packet);
/* Likewise, for a packet that has not been taken apart. */
bool engine_read(SMFICTX *ctx, char command, struct span data);
/* The connection has ended: what is under way is aborted and closed. The context can only be freed then. */
void engine_end(SMFICTX *ctx);

#endif
