/* content.h: the filters of a configuration that look into messages, among those of a simulation. What their
 * daemons do is left to daemon.c. */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include <stdbool.h>

struct sim;

/* Opens them, once for all simulations. False: they cannot be had, which has been said. */
bool content_ready(void);
void content_done(void);
/* Draws whether there are any, which, and whether their daemons play tricks; adds them to the chain. */
void content_draw(struct sim *sim);

#endif
