/* scan_json.h: what became of a message, as a JSON object on a line. When it is told is left to
 * scan_report.c. */
#ifndef SCAN_JSON_H
#define SCAN_JSON_H

#include <stdio.h>

#include "scan/finding.h"

/* old: what the other configuration would do; NULL: there is none. Octets that are no UTF-8 become \u00NN. */
void scan_json_print(FILE *out, const char *name, const struct finding *finding, const struct finding *old);

#endif
