/* pipe.h: two wires joined in memory: what one writes the other receives. Who stands at the ends is left to
 * others. */
#ifndef SCAN_PIPE_H
#define SCAN_PIPE_H

#include "base/world.h"

struct pipe_end;

/* Of both ends; an end is the carrier of its wire. */
extern const struct wire_ops pipe_ops;

/* A pipe whose octets move in turns of `world`, which must outlive it. Each end is given to wire_attach() or
 * to pipe_abandon(); the pipe frees itself when both are closed. False: no memory. */
bool pipe_new(struct world *world, struct pipe_end *ends[2]);
/* Closes an end that no wire has been attached to. */
void pipe_abandon(struct pipe_end *end);

#endif
