/* script.h: a session script read from its file into lines. Playing them is left to play.c. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"

/* One line of the dialogue. */
struct line {
    unsigned number;  /* in the file */
    char *word;       /* "C:", "U<-", "U connect", "time": what to do */
    char *octets;     /* what follows it; owned */
    struct span text; /* these; escapes are still in it; NUL-terminated */
};

/* A script owns all its memory. */
struct script {
    const char *path;
    struct lab_bytes config; /* proxy.yaml */
    struct line *lines;
    size_t count;
};

/* Reads a file; complains on stderr and returns false when it is no script. */
bool script_read(struct script *script, const char *path);
void script_free(struct script *script);

/* The octets that `text` stands for: \r \n \t \0 \\ \xNN, \[N text] for N times text. With `pattern`, \* is
 * left for match(). False: bad escape. */
bool script_decode(struct span text, bool pattern, struct lab_bytes *out);

#endif
