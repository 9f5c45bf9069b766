/* quarantine_command.h: `postern quarantine` as its actions see it: what was asked, and what they share in
 * telling of it. */
#ifndef QUARANTINE_COMMAND_H
#define QUARANTINE_COMMAND_H

#include <stdio.h>

#include "quarantine/entry.h"

/* What the program ends with, beside PROGRAM_OK and the rest of program.h. */
enum quarantine_exit {
    QUARANTINE_NOT_ALL = 1, /* something that was asked for was not done, or not for all recipients */
    QUARANTINE_TROUBLE = 3  /* the quarantine cannot be read */
};

struct settings;

struct quarantine_command {
    const char *config;
    const char *upstream; /* release: deliver there; NULL: where each message was meant to go */
    const char *action;   /* NULL: none was named */
    bool json, raw, verbose, help;
    char **ids;
    size_t count;
    struct settings *settings;
    struct quarantine *store; /* open */
};

/* The actions: what the program ends with. */
int quarantine_list(const struct quarantine_command *command);
int quarantine_show(const struct quarantine_command *command);
int quarantine_release(const struct quarantine_command *command);
int quarantine_delete(const struct quarantine_command *command);

/* Opens a message; false after a complaint. */
bool quarantine_find(const struct quarantine_command *command, const char *id, struct entry *entry);
/* The same, locked. */
bool quarantine_take(const struct quarantine_command *command, const char *id, struct entry *entry);
/* "postern quarantine: ID: why" on stderr. */
void quarantine_complain(const char *id, int error);
/* Text of others' making, harmless on a terminal. */
void quarantine_put(FILE *out, struct span s);

#endif
