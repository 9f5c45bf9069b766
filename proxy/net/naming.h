/* naming.h: finds the name of an address and confirms it: world_ops' name_find. What a name is good for is
 * left to the session core. */
#ifndef NET_NAMING_H
#define NET_NAMING_H

#include "base/world.h"

struct loop;

/* As in world_ops. The time limit bounds both questions together. */
int naming_begin(struct loop *loop, struct naming *naming, const struct ip *ip, uint64_t limit);
void naming_cancel(struct naming *naming);

#endif
