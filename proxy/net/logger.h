/* logger.h: collects the log lines of one thread and writes them in few calls. Where they go is left to
 * log_target.c, their form to base/log.c. */
#ifndef NET_LOGGER_H
#define NET_LOGGER_H

#include "base/log.h"
#include "net/log_target.h"

#define LOGGER_OCTETS 65536 /* lines that wait for the next flush; more are dropped and counted */

/* Embedded by value; belongs to one thread. */
struct logger {
    struct log log; /* what the thread logs to */
    struct log_target *target;
    uint64_t dropped; /* lines lost since the last report */
    size_t used;
    bool at_once; /* flush with every line: the thread has no loop */
    char lines[LOGGER_OCTETS];
};

/* target must outlive the logger. Level and format are set by the caller, also later, in logger->log. */
void logger_init(struct logger *logger, struct log_target *target, bool at_once);
/* True when logger_flush() has something to do. */
static inline bool logger_waiting(const struct logger *logger)
{
    return logger->used > 0 || logger->dropped > 0;
}

/* Writes what waits, as far as it can be taken now. Errors are flushed as they are logged. */
void logger_flush(struct logger *logger);

#endif
