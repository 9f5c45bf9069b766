/* sink_arguments.c: the command line of `postern sink`; what is done with it is left to sink.c. */
#include "sink_arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "program.h"
#include "smtp/address.h"

enum {
    OPT_WITHOUT = 256,
    OPT_AT,
    OPT_SIZE,
    OPT_RECIPIENTS,
    OPT_TIMEOUT,
    OPT_ONCE,
    OPT_COUNT,
    OPT_AUTH,
    OPT_RAW,
    OPT_TLS,
    OPT_TLS_CHAIN,
    OPT_TLS_KEY,
    OPT_XCLIENT,
    OPT_PROXY,
    OPT_HELP
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"maildir", required_argument, NULL, 'm'},
    {"hostname", required_argument, NULL, 'n'},
    {"log", required_argument, NULL, 'o'},
    {"verbose", no_argument, NULL, 'v'},
    {"at", required_argument, NULL, OPT_AT},
    {"without", required_argument, NULL, OPT_WITHOUT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"recipients", required_argument, NULL, OPT_RECIPIENTS},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"once", no_argument, NULL, OPT_ONCE},
    {"count", required_argument, NULL, OPT_COUNT},
    {"auth", required_argument, NULL, OPT_AUTH},
    {"raw", no_argument, NULL, OPT_RAW},
    {"tls", required_argument, NULL, OPT_TLS},
    {"tls-chain", required_argument, NULL, OPT_TLS_CHAIN},
    {"tls-key", required_argument, NULL, OPT_TLS_KEY},
    {"xclient", no_argument, NULL, OPT_XCLIENT},
    {"proxy", no_argument, NULL, OPT_PROXY},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: postern sink [options]\n"
    "  --listen ADDRESS:PORT  where to listen (127.0.0.1:2526; port 0: any, told on stdout)\n"
    "  --maildir DIR          where messages go, made if missing (./maildir)\n"
    "  --raw                  store octet for octet, the envelope as JSON in DIR/envelopes\n"
    "  --hostname NAME        how the server calls itself (sink.invalid)\n"
    "  --at POINT[#N]=ACTION  misbehave; may be given often. POINT: CONNECT HELO EHLO STARTTLS AUTH MAIL\n"
    "                         RCPT DATA BDAT BODY EOM STORED RSET NOOP VRFY ETRN HELP QUIT; #N: only the Nth "
    "time\n"
    "                         (BODY: after N octets). ACTION: reject[:CODE[ TEXT]] tempfail[:CODE[ TEXT]]\n"
    "                         delay:2s garbage drop reset\n"
    "  --without KEYWORD      neither offer nor accept this extension; may be given often\n"
    "  --size OCTETS          largest message (0: no limit)\n"
    "  --recipients N         most recipients of a message (1000)\n"
    "  --auth USER:PASSWORD   accept only these (any)\n"
    "  --tls-chain FILE       certificate and its issuers (PEM): STARTTLS is offered\n"
    "  --tls-key FILE         its key (in the same file)\n"
    "  --tls implicit         TLS from the first octet instead (starttls)\n"
    "  --xclient              offer XCLIENT and XFORWARD, and believe them\n"
    "  --proxy                await a PROXY header, version 1 or 2, before anything else\n"
    "  --timeout SECONDS      close after so long a silence (300)\n"
    "  --once, --count N      end when one or N messages are stored and the last client has gone\n"
    "  --log FILE             append a transcript: one line for each read and each write\n"
    "  -v, --verbose          the same on stderr\n";

int sink_arguments_complain(const char *what, const char *value, const char *why)
{
    fprintf(stderr, "postern sink: %s '%s': %s\n", what, value, why);
    return PROGRAM_USAGE;
}

static int read_number(const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(optarg, &end, 10);
    if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || errno != 0 || *out < min || *out > max)
        return sink_arguments_complain(name, optarg, "not a number, or out of range");
    return 0;
}

static int hide(struct sink_options *options)
{
    enum keyword keyword = ehlo_keyword(span_str(optarg));

    if (keyword == KEYWORD_NONE)
        return sink_arguments_complain("--without", optarg, "no such extension");
    options->hidden |= (uint64_t)1 << keyword;
    return 0;
}

static int add_rule(struct sink_options *options)
{
    const char *why = sink_script_add(&options->script, span_str(optarg));

    return why != NULL ? sink_arguments_complain("--at", optarg, why) : 0;
}

static int take_number_option(struct sink_options *options, int c)
{
    uint64_t number;
    int error;

    switch (c) {
    case OPT_SIZE:
        return read_number("--size", 0, INT64_MAX, &options->size);
    case OPT_COUNT:
        return read_number("--count", 1, INT64_MAX, &options->messages);
    case OPT_TIMEOUT:
        error = read_number("--timeout", 1, 86400, &number);
        options->timeout = number * 1000;
        return error;
    default:
        error = read_number("--recipients", 1, 999999, &number);
        options->recipients = (uint32_t)number;
        return error;
    }
}

static int read_tls(struct sink_options *options)
{
    options->tls_implicit = strcmp(optarg, "implicit") == 0;
    return options->tls_implicit || strcmp(optarg, "starttls") == 0
               ? 0
               : sink_arguments_complain("--tls", optarg, "neither implicit nor starttls");
}

/* Who is in front, and how it is spoken to. */
static int take_front_option(struct sink_arguments *arguments, int c)
{
    switch (c) {
    case OPT_TLS:
        return read_tls(&arguments->options);
    case OPT_TLS_CHAIN:
        arguments->tls_chain = optarg;
        return 0;
    case OPT_TLS_KEY:
        arguments->tls_key = optarg;
        return 0;
    case OPT_XCLIENT:
        arguments->options.xclient = true;
        return 0;
    case OPT_PROXY:
        arguments->options.proxy = true;
        return 0;
    default:
        return program_usage("sink");
    }
}

/* 0, or what the program ends with. */
static int take_option(struct sink_arguments *arguments, int c)
{
    struct sink_options *options = &arguments->options;

    switch (c) {
    case 'l':
        arguments->listen = optarg;
        return 0;
    case 'm':
        arguments->maildir = optarg;
        return 0;
    case 'n':
        options->hostname = optarg;
        return 0;
    case 'o':
        arguments->log = optarg;
        return 0;
    case 'v':
        arguments->log = "-";
        return 0;
    case OPT_AT:
        return add_rule(options);
    case OPT_WITHOUT:
        return hide(options);
    case OPT_ONCE:
        options->messages = 1;
        return 0;
    case OPT_AUTH:
        options->auth = optarg;
        return strchr(optarg, ':') != NULL ? 0
                                           : sink_arguments_complain("--auth", optarg, "not USER:PASSWORD");
    case OPT_RAW:
        arguments->raw = true;
        return 0;
    case OPT_HELP:
        arguments->help = true;
        return 0;
    case OPT_SIZE:
    case OPT_COUNT:
    case OPT_TIMEOUT:
    case OPT_RECIPIENTS:
        return take_number_option(options, c);
    default:
        return take_front_option(arguments, c);
    }
}

int sink_arguments_read(struct sink_arguments *arguments, int argc, char **argv)
{
    static const struct address_limits limits = {64, 255, 256};

    *arguments = (struct sink_arguments){
        .options = {.hostname = "sink.invalid", .recipients = 1000, .timeout = 300000},
        .listen = "127.0.0.1:2526",
        .maildir = "maildir",
    };
    for (int c = getopt_long(argc, argv, "v", long_options, NULL); c != -1;
         c = getopt_long(argc, argv, "v", long_options, NULL)) {
        int error = take_option(arguments, c);
        if (error != 0)
            return error;
    }
    if (address_helo(span_str(arguments->options.hostname), &limits, false) != 0)
        return sink_arguments_complain("--hostname", arguments->options.hostname, "not a host name");
    if (arguments->tls_chain == NULL && (arguments->options.tls_implicit || arguments->tls_key != NULL))
        return sink_arguments_complain("--tls", "", "needs --tls-chain");
    return optind == argc ? 0 : program_usage("sink");
}

void sink_arguments_help(FILE *out)
{
    fputs(help, out);
}
