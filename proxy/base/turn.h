/* turn.h: the turns taken in one world, in order: what every world keeps. When they run is left to the world.
 */
#ifndef BASE_TURN_H
#define BASE_TURN_H

#include "base/world.h"

/* Embedded by value in a world. */
struct turns {
    TAILQ_HEAD(, turn) head;
};

void turns_init(struct turns *turns);
static inline bool turns_waiting(const struct turns *turns)
{
    return !TAILQ_EMPTY(&turns->head);
}
/* Behind all others; one that is taken already keeps its place. */
void turns_take(struct turns *turns, struct turn *turn);
/* It will not run; one that is not taken: no-op. */
void turns_leave(struct turns *turns, struct turn *turn);
/* Runs the first, which may take and leave turns, its own included. False: there was none. */
bool turns_run_one(struct turns *turns);

#endif
