/* quarantine_arguments.h: the command line of `postern quarantine`. What is done with it is left to
 * quarantine.c. */
#ifndef QUARANTINE_ARGUMENTS_H
#define QUARANTINE_ARGUMENTS_H

#include "quarantine_command.h"

/* PROGRAM_OK, or what the program ends with; whether there is such an action is not looked at. */
int quarantine_arguments_read(struct quarantine_command *command, int argc, char **argv);
void quarantine_arguments_help(FILE *out);

#endif
