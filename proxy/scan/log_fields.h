/* log_fields.h: takes a line of the log apart again (base/log.h, LOG_FORMAT_KV). What the fields mean is left
 * to finding.c. */
#ifndef SCAN_LOG_FIELDS_H
#define SCAN_LOG_FIELDS_H

#include "base/text.h"

/* Takes the first key=value off *line: *key points into the line, the value, its escapes undone, is put at
 * the beginning of `value` and cut to its room. False at the end of the line, or of what can be read. */
bool log_fields_next(struct span *line, struct span *key, struct text *value);

#endif
