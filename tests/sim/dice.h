/* dice.h: chance from a seed; each thing that is drawn has dice of its own, so that a change to one does not
 * change the others. What is drawn is left to whoever throws. */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t dice_throw(struct dice *dice)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Dice for one thing: the same three numbers give the same throws. */
static inline struct dice dice_for(uint64_t seed, uint64_t what, uint64_t which)
{
    struct dice dice = {seed ^ what << 48 ^ which << 32};

    dice.state = dice_throw(&dice) + what;
    dice.state = dice_throw(&dice) + which;
    return dice;
}

/* 0 .. sides - 1; 0 for no sides. */
static inline unsigned dice_below(struct dice *dice, unsigned sides)
{
    return sides != 0 ? (unsigned)(dice_throw(dice) % sides) : 0;
}

static inline bool dice_percent(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

#endif
