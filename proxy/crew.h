/* crew.h: the workers with a server each, commanded together from the main thread. What a server does with
 * its sessions is left to session/. */
#ifndef CREW_H
#define CREW_H

#include "doors.h"
#include "net/log_target.h"
#include "session/server.h"

struct crew;

/* `count` workers that do not run yet. ended() is called on a worker's thread when that worker ends. target
 * must outlive the crew. NULL: no memory or no descriptors. */
struct crew *crew_new(size_t count, struct log_target *target, void (*ended)(void *owner), void *owner);
/* 0 or a negative errno: then some may run already. */
int crew_start(struct crew *crew);
/* New sessions use these settings, listeners follow `doors`. Before crew_start() at once, afterwards soon. A
 * worker for which memory is short stays as it was: false. */
bool crew_configure(struct crew *crew, struct settings *settings, const struct doors *doors);
/* Every worker closes its listeners, ends its sessions politely within `grace` milliseconds, and ends. No
 * command may follow. False: no memory, some do not. */
bool crew_drain(struct crew *crew, uint64_t grace);
/* Workers that have not ended. */
size_t crew_left(const struct crew *crew);
/* Waits for all workers and frees the crew. */
void crew_join(struct crew *crew);

#endif
