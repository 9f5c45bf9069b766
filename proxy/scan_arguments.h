/* scan_arguments.h: the command line of `postern scan`. What is done with it is left to scan.c. */
#ifndef SCAN_ARGUMENTS_H
#define SCAN_ARGUMENTS_H

#include <stdio.h>

#include "scan/trial.h"

/* Strings belong to argv. */
struct scan_arguments {
    const char *config;
    const char *against; /* the configuration to compare with; NULL: none */
    struct trial_client client;
    bool json;
    bool quiet;   /* accepted messages are only counted */
    bool verbose; /* the log goes to stderr */
    bool help;    /* asked for; nothing else counts */
    char **messages;
    size_t count;
};

/* PROGRAM_OK, or PROGRAM_USAGE with a complaint on stderr. */
int scan_arguments_read(struct scan_arguments *arguments, int argc, char **argv);
void scan_arguments_help(FILE *out);

#endif
