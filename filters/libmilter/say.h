/* say.h: lines of the system's log, under the filter's name, where filters of this kind have always written
 * theirs. */
#ifndef FILTERS_LIBMILTER_SAY_H
#define FILTERS_LIBMILTER_SAY_H

#include <syslog.h>

#include "libmilter/mfapi.h"

/* filter: NULL before one is registered. priority: of syslog(3). */
void say(const struct smfiDesc *filter, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
