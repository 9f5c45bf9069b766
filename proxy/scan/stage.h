/* stage.h: the world that a trial happens in: the real one, but that the upstream stands in memory, takes
 * everything and keeps nothing, as does the quarantine, and that the log is heard here. Whose session it is
 * is left to trial.c. */
#ifndef SCAN_STAGE_H
#define SCAN_STAGE_H

#include "base/world.h"

struct sink_server;
struct stage_dial;
struct stage_keep;

#define STAGE_UPSTREAM "upstream.scan.invalid" /* the host that is to be dialled for the upstream */

/* Embedded by value; `world` first, so that a world of this kind is its stage. */
struct stage {
    struct world world;
    struct world *under;
    struct log log;
    struct sink_server *upstream;
    LIST_HEAD(, stage_dial) dials; /* of the upstream, not yet answered */
    LIST_HEAD(, stage_keep) keeps; /* of messages, not yet answered */
    void (*heard)(void *owner, struct span line);
    void *owner;
};

/* heard(owner) gets each line of the log, in key=value form. The world beneath must outlive the stage. False:
 * no memory. */
bool stage_init(struct stage *stage, struct world *under, void (*heard)(void *owner, struct span line),
                void *owner);
/* No session may be left; connections to the upstream are closed. */
void stage_free(struct stage *stage);

#endif
