/* log.h: one line per event as key=value or JSON, untrusted text escaped. Where lines go is the sink's
 * affair. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_KV, LOG_FORMAT_JSON };

/* Where finished lines go. Embedded by value by whoever owns the log; `write` gets whole lines, each ending
 * in LF, and never blocks on a peer. wall() gives milliseconds since the epoch for the time stamp. */
struct log {
    enum log_level level; /* lines above it are not composed */
    enum log_format format;
    void (*write)(void *arg, enum log_level level, struct span line);
    uint64_t (*wall)(void *arg);
    void *arg;
};

/* A line being composed, on the caller's stack. */
struct log_line {
    struct log *log;
    enum log_level level;
    struct text text;
    char bytes[4096];
};

/* True when a line of this level would be written. */
static inline bool log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && level <= log->level;
}

/* Begins a line: time, level, event. Every begun line must be ended. */
void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event);
/* key is ours (a-z, 0-9, _); value is untrusted: escaped and, if needed, cut so that the line always ends
 * well. */
void log_field(struct log_line *line, const char *key, struct span value);
void log_number(struct log_line *line, const char *key, uint64_t value);
void log_fieldf(struct log_line *line, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Completes and writes the line. */
void log_end(struct log_line *line);

/* A line with one text, for events without fields: log_note(log, LOG_LEVEL_ERROR, "config", "cannot …"). */
void log_note(struct log *log, enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
