/* doors.h: the listening sockets, one for each address and worker, kept open from one configuration to the
 * next. Accepting on them is left to the workers, sockets that were passed to us to passed.c. */
#ifndef DOORS_H
#define DOORS_H

#include "net/worker.h"
#include "passed.h"
#include "session/settings.h"

struct door;

/* Embedded by value. */
struct doors {
    struct door *list;
    size_t count;
    size_t workers; /* sockets per address */
    struct passed *passed;
};

/* passed outlives the doors. */
void doors_init(struct doors *doors, size_t workers, struct passed *passed);
/* Follows the listeners of these settings: addresses that stay keep their sockets, new ones take one that was
 * passed to us or are opened, the others are forgotten (their sockets are the workers' to close). Returns how
 * many could not be opened; each has been logged. Names are valid as long as the settings. */
size_t doors_update(struct doors *doors, const struct settings *settings, struct log *log);
/* Writes doors->count rows: what worker number `worker` should listen on. */
void doors_list(const struct doors *doors, size_t worker, struct worker_door *out);
/* Forgets all of them; their sockets are the workers' to close. */
void doors_clear(struct doors *doors);

#endif
