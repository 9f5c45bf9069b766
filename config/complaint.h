/* complaint.h: collects what is wrong with a configuration, each with its place, and prints it in the order
 * of the file. What is wrong is left to those who complain. */
#ifndef CONFIG_COMPLAINT_H
#define CONFIG_COMPLAINT_H

#include <stdarg.h>
#include <stdio.h>

#include "config/node.h"

struct complaint;

/* Embedded by value; file and arena are set by the owner, the rest is zero. */
struct complaints {
    const char *file;
    struct arena *arena;
    struct complaint *first; /* ordered by place */
    size_t count;            /* without warnings, which keep nothing from being used */
    bool starved;            /* memory ran out: counts as a complaint */
};

/* A complaint about a value, at the value. The text is "what is wrong; what is allowed", as by printf. */
void complain(struct complaints *complaints, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A complaint about a key, at the key. */
void complain_key(struct complaints *complaints, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A complaint about a key that a map lacks, at the map. */
void complain_lack(struct complaints *complaints, const struct node *map, const char *key, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
/* A complaint or a warning about what stands, or should stand, at a path from `node` down, as node_path()
 * prints it: at the value, or at the last thing on the way that exists. */
void complain_below(struct complaints *complaints, struct node *node, const char *path, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
void warn_below(struct complaints *complaints, struct node *node, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* At any place; an empty path is left out. What has been said there in the same words is not said again. */
struct place {
    unsigned line, column;
    struct span path;
};
void complain_place(struct complaints *complaints, const struct place *place, const char *format,
                    va_list args) __attribute__((format(printf, 3, 0)));
/* Notes that memory ran out. */
void complain_starved(struct complaints *complaints);

/* Prints every complaint as a line "file:line:column: path: text", a warning with "warning: " before the
 * text. */
void complaints_print(const struct complaints *complaints, FILE *out);

#endif
