/* dial.h: makes a connection to a name, an address or a local socket: world_ops' dial. Carrying bytes is left
 * to stream.c. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/world.h"

struct loop;

/* As in world_ops. The time limit also bounds the resolving of the name. */
int dial_begin(struct loop *loop, struct dial *dial, const char *host, uint16_t port, uint64_t limit);
void dial_cancel(struct dial *dial);

#endif
