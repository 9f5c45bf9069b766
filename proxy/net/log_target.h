/* log_target.h: where the lines of all threads end: stderr, a file or the system log; never waits for it.
 * Collecting lines is left to logger.c. */
#ifndef NET_LOG_TARGET_H
#define NET_LOG_TARGET_H

#include "base/log.h"

struct log_target;

/* to: "stderr", "syslog" or the path of a file that is appended to. NULL and *error (a negative errno) when
 * it cannot be opened. */
struct log_target *log_target_open(const char *to, int *error);
/* Opens `to` anew (a file may have been moved away) and sends all further lines there, those of other threads
 * too. A negative errno leaves the target as it was. Called by one thread only. */
int log_target_reopen(struct log_target *target, const char *to);
/* No thread may be writing. */
void log_target_close(struct log_target *target);

/* False: give it one line at a time, with its level. */
bool log_target_takes_many(const struct log_target *target);
/* Hands over what can be taken without waiting from the head of `lines`. The octets taken, or a negative
 * errno when none were. Thread-safe. */
long log_target_write(struct log_target *target, enum log_level level, struct span lines);

#endif
