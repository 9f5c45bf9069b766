/* turn.c: the turns taken in one world, in order; when they run is left to the world. */
#include "base/turn.h"

#include <assert.h>

void turns_init(struct turns *turns)
{
    TAILQ_INIT(&turns->head);
}

void turns_take(struct turns *turns, struct turn *turn)
{
    assert(turn->run != NULL);
    if (turn->taken)
        return;
    turn->taken = true;
    TAILQ_INSERT_TAIL(&turns->head, turn, link);
}

void turns_leave(struct turns *turns, struct turn *turn)
{
    if (!turn->taken)
        return;
    turn->taken = false;
    TAILQ_REMOVE(&turns->head, turn, link);
}

bool turns_run_one(struct turns *turns)
{
    struct turn *turn = TAILQ_FIRST(&turns->head);

    if (turn == NULL)
        return false;
    turns_leave(turns, turn);
    turn->run(turn->owner); /* may free it */
    return true;
}
