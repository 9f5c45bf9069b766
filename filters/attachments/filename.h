/* filename.h: what a file would be called by those who read its name differently. Rules on names are left to
 * others. */
#ifndef ATTACHMENTS_FILENAME_H
#define ATTACHMENTS_FILENAME_H

#include "postern/span.h"

/* False: enough. */
typedef bool filename_fn(void *arg, struct span name);

/* Calls fn with each way to read a name: as it is and with percent-encoding undone; each without characters
 * that are not seen (controls, marks of direction, of zero width), without folders before it (/ and \),
 * without dots and spaces at its end, and again cut where some readers end: at a NUL and at a colon. Readings
 * that are empty are left out. Returns 0, or -1 when memory is short. */
int filename_read(struct span name, filename_fn *fn, void *arg);

#endif
