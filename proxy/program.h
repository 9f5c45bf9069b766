/* program.h: what the subcommands share: their entry points and the codes they end with. */
#ifndef PROGRAM_H
#define PROGRAM_H

enum program_exit {
    PROGRAM_OK = 0,
    PROGRAM_FAILED = 1,     /* something went wrong at run time */
    PROGRAM_BAD_CONFIG = 2, /* proxy.yaml was refused; every complaint is on stderr */
    PROGRAM_USAGE = 64      /* the command line was not understood */
};

#define PROGRAM_CONFIG "/etc/postern/proxy.yaml" /* read when -c is not given */

/* Each gets its own name as argv[0] and returns what the program ends with. */
int run_main(int argc, char **argv);
int check_main(int argc, char **argv);
int scan_main(int argc, char **argv);
int quarantine_main(int argc, char **argv);
int sink_main(int argc, char **argv);

/* Says on stderr how the subcommand is called; returns PROGRAM_USAGE. */
int program_usage(const char *subcommand);

#endif
