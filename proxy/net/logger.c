/* logger.c: collects the log lines of one thread; where they go is left to log_target.c. */
#include "net/logger.h"

#include <time.h>

static uint64_t wall(void *arg)
{
    struct timespec now;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void append(struct logger *logger, struct span line)
{
    if (line.len > LOGGER_OCTETS - logger->used)
        logger_flush(logger);
    if (line.len > LOGGER_OCTETS - logger->used) {
        logger->dropped++;
        return;
    }
    memcpy(logger->lines + logger->used, line.ptr, line.len);
    logger->used += line.len;
}

static void take_line(void *arg, enum log_level level, struct span line)
{
    struct logger *logger = arg;

    if (!log_target_takes_many(logger->target)) {
        if (log_target_write(logger->target, level, line) < 0)
            logger->dropped++;
        return;
    }
    append(logger, line);
    if (logger->at_once || level == LOG_LEVEL_ERROR)
        logger_flush(logger);
}

void logger_init(struct logger *logger, struct log_target *target, bool at_once)
{
    logger->log = (struct log){.level = LOG_LEVEL_INFO, .write = take_line, .wall = wall, .arg = logger};
    logger->target = target;
    logger->dropped = 0;
    logger->used = 0;
    logger->at_once = at_once;
}

static void report_dropped(struct logger *logger)
{
    struct log_line line;
    uint64_t count = logger->dropped;

    logger->dropped = 0;
    log_begin(&line, &logger->log, LOG_LEVEL_WARN, "log_dropped");
    log_number(&line, "lines", count);
    log_end(&line);
    if (logger->dropped != 0) /* the report itself */
        logger->dropped = count;
}

void logger_flush(struct logger *logger)
{
    long n;

    if (logger->used > 0) {
        n = log_target_write(logger->target, LOG_LEVEL_INFO, span_of(logger->lines, logger->used));
        if (n <= 0)
            return;
        logger->used -= (size_t)n;
        memmove(logger->lines, logger->lines + n, logger->used);
    }
    if (logger->dropped > 0 && logger->used == 0)
        report_dropped(logger);
}
