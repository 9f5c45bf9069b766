/* macros.h: the macros that the mail server has told, by stage. When they are forgotten is left to engine.c.
 */
#ifndef FILTERS_LIBMILTER_MACROS_H
#define FILTERS_LIBMILTER_MACROS_H

#include "filters/milter/wire.h"

/* Zeroed at the begin. Each list: name NUL value NUL ... */
struct macros {
    struct {
        char *octets;
        size_t len;
    } lists[MILTER_STAGES];
};

/* Replaces those of the stage that `command` belongs to by a copy of `list`. -1: it belongs to none, or
 * memory is short; all is as it was. */
int macros_tell(struct macros *macros, char command, struct span list);
/* Forgets those of this stage and of the later ones. */
void macros_forget(struct macros *macros, unsigned stage);
/* The value of a macro, whose name of one letter may be written with braces or without; that of the latest
 * stage which has it. NULL: none has. Valid until the macros of its stage are told again or forgotten. */
char *macros_find(struct macros *macros, struct span name);

#endif
