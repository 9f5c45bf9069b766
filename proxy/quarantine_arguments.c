/* quarantine_arguments.c: the command line of `postern quarantine`; what is done with it is left to
 * quarantine.c. */
#include "quarantine_arguments.h"

#include <getopt.h>

#include "program.h"

enum { OPT_JSON = 256, OPT_RAW, OPT_UPSTREAM, OPT_HELP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPT_JSON}, {"raw", no_argument, NULL, OPT_RAW},
    {"verbose", no_argument, NULL, 'v'},   {"upstream", required_argument, NULL, OPT_UPSTREAM},
    {"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: postern quarantine [options] list | show ID | release ID... | delete ID...\n"
    "Looks at messages that were kept instead of delivered.\n"
    "  list                 all of them, oldest first\n"
    "  show                 what is known of a message, and its header section\n"
    "  release              delivers messages to the mail servers they were meant for, and removes those\n"
    "                       that were taken\n"
    "  delete               removes messages\n"
    "  -c FILE              the configuration (/etc/postern/proxy.yaml)\n"
    "  --json               list, show: what is known of each message as a JSON object on a line\n"
    "  --raw                show: the octets of the message instead\n"
    "  --upstream ADDRESS   release: deliver to this one of the configuration's upstreams\n"
    "  -v, --verbose        release: the log of the sessions on stderr\n"
    "exit status: 0 all was done, 1 not all was, 2 bad configuration, 3 the quarantine cannot be read, 64 "
    "usage\n";

/* PROGRAM_OK: go on. */
static int take_option(struct quarantine_command *command, int c)
{
    switch (c) {
    case 'c':
        command->config = optarg;
        return PROGRAM_OK;
    case 'v':
        command->verbose = true;
        return PROGRAM_OK;
    case OPT_JSON:
        command->json = true;
        return PROGRAM_OK;
    case OPT_RAW:
        command->raw = true;
        return PROGRAM_OK;
    case OPT_UPSTREAM:
        command->upstream = optarg;
        return PROGRAM_OK;
    case OPT_HELP:
        command->help = true;
        return PROGRAM_OK;
    default:
        return program_usage("quarantine");
    }
}

int quarantine_arguments_read(struct quarantine_command *command, int argc, char **argv)
{
    *command = (struct quarantine_command){.config = PROGRAM_CONFIG};
    for (int c = getopt_long(argc, argv, "c:v", long_options, NULL); c != -1;
         c = getopt_long(argc, argv, "c:v", long_options, NULL))
        if (take_option(command, c) != PROGRAM_OK)
            return PROGRAM_USAGE;
    if (optind == argc)
        return PROGRAM_OK;
    command->action = argv[optind];
    command->ids = argv + optind + 1;
    command->count = (size_t)(argc - optind - 1);
    return PROGRAM_OK;
}

void quarantine_arguments_help(FILE *out)
{
    fputs(help, out);
}
