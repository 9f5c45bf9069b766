/* scan_arguments.c: the command line of `postern scan`; what is done with it is left to scan.c. */
#include "scan_arguments.h"

#include <getopt.h>

#include "program.h"
#include "smtp/address.h"

enum { OPT_AGAINST = 256, OPT_CLIENT, OPT_HELO, OPT_FROM, OPT_TO, OPT_JSON, OPT_HELP };

static const struct option long_options[] = {
    {"against", required_argument, NULL, OPT_AGAINST},
    {"client", required_argument, NULL, OPT_CLIENT},
    {"helo", required_argument, NULL, OPT_HELO},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"json", no_argument, NULL, OPT_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: postern scan [options] [MESSAGE | MBOX | MAILDIR | DIRECTORY | -]...\n"
    "Says what the filters would do with stored messages. Without a name, a message is read from standard\n"
    "input. Nothing is sent anywhere but by filters that ask other servers.\n"
    "  -c FILE              the configuration (/etc/postern/proxy.yaml)\n"
    "  --against OLD        tell only messages with which FILE would deal differently than OLD\n"
    "  --client ADDRESS     the client's address (127.0.0.1)\n"
    "  --helo NAME          the name it gives (localhost)\n"
    "  --from MAILBOX       the reverse-path, \"\" for none (that of Return-Path, else From)\n"
    "  --to MAILBOX         the recipient (those of Delivered-To, else To, else postmaster)\n"
    "  --json               one JSON object for each message\n"
    "  -q, --quiet          tell only messages that were not accepted\n"
    "  -v, --verbose        the log of the sessions on stderr\n"
    "exit status: 0 all were accepted (or nothing has changed), 1 not all, 2 bad configuration,\n"
    "             3 a message could not be read or tried, 64 usage\n";

static const struct address_limits limits = {64, 255, 256};

static int complain(const char *what, const char *value, const char *why)
{
    fprintf(stderr, "postern scan: %s '%s': %s\n", what, value, why);
    return PROGRAM_USAGE;
}

static int read_mailbox(const char *what, bool may_be_empty, const char **mailbox)
{
    struct path path;

    *mailbox = optarg;
    if (may_be_empty && *optarg == '\0')
        return 0;
    if (address_mailbox(span_str(optarg), &limits, false, &path) == 0)
        return 0;
    return complain(what, optarg, "not a mailbox");
}

/* 0, or what the program ends with. */
static int take_option(struct scan_arguments *arguments, int c)
{
    switch (c) {
    case 'c':
        arguments->config = optarg;
        return 0;
    case 'q':
        arguments->quiet = true;
        return 0;
    case 'v':
        arguments->verbose = true;
        return 0;
    case OPT_AGAINST:
        arguments->against = optarg;
        return 0;
    case OPT_CLIENT:
        return ip_parse(span_str(optarg), &arguments->client.address)
                   ? 0
                   : complain("--client", optarg, "not an address");
    case OPT_HELO:
        arguments->client.helo = optarg;
        return address_helo(span_str(optarg), &limits, false) == 0
                   ? 0
                   : complain("--helo", optarg, "neither a domain nor an address literal");
    case OPT_FROM:
        return read_mailbox("--from", true, &arguments->client.from);
    case OPT_TO:
        return read_mailbox("--to", false, &arguments->client.recipient);
    case OPT_JSON:
        arguments->json = true;
        return 0;
    case OPT_HELP:
        arguments->help = true;
        return 0;
    default:
        return program_usage("scan");
    }
}

int scan_arguments_read(struct scan_arguments *arguments, int argc, char **argv)
{
    static char dash[] = "-", *standard_input[] = {dash};

    *arguments = (struct scan_arguments){.config = PROGRAM_CONFIG, .client = {.helo = "localhost"}};
    (void)ip_parse(SPAN("127.0.0.1"), &arguments->client.address);
    for (int c = getopt_long(argc, argv, "c:qv", long_options, NULL); c != -1;
         c = getopt_long(argc, argv, "c:qv", long_options, NULL)) {
        int error = take_option(arguments, c);
        if (error != 0)
            return error;
    }
    arguments->messages = optind < argc ? argv + optind : standard_input;
    arguments->count = optind < argc ? (size_t)(argc - optind) : 1;
    return PROGRAM_OK;
}

void scan_arguments_help(FILE *out)
{
    fputs(help, out);
}
