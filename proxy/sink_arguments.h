/* sink_arguments.h: the command line of `postern sink`. What is done with it is left to sink.c. */
#ifndef SINK_ARGUMENTS_H
#define SINK_ARGUMENTS_H

#include <stdio.h>

#include "sink/sink_server.h"

/* Strings belong to argv. */
struct sink_arguments {
    struct sink_options options; /* but for the store and the transcript */
    const char *listen;          /* address:port */
    const char *maildir;
    const char *log;                 /* path, "-" for stderr, NULL for none */
    const char *tls_chain, *tls_key; /* PEM files; the key may be in the chain's */
    bool raw;
    bool help; /* asked for; nothing else counts */
};

/* PROGRAM_OK, or PROGRAM_USAGE with a complaint on stderr. */
int sink_arguments_read(struct sink_arguments *arguments, int argc, char **argv);
void sink_arguments_help(FILE *out);
/* Says on stderr what is wrong with a value; PROGRAM_USAGE. */
int sink_arguments_complain(const char *what, const char *value, const char *why);

#endif
