/* report.h: disagreements are told, the first of them in full, and counted. */
#ifndef SMUGGLE_REPORT_H
#define SMUGGLE_REPORT_H

#include "postern/span.h"

/* Two readings of the input disagree in `what`. */
void report_disagreement(struct span input, const char *what);
/* "count things, n disagreements"; for the process to end with: 0 when there were none. */
int report_end(unsigned long count, const char *things);

#endif
