/* sink.c: `postern sink`, a strict mail server that keeps what it gets in a Maildir and misbehaves as told.
 * What it says is left to proxy/sink/, its sockets to proxy/net/. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/bind.h"
#include "net/worker.h"
#include "program.h"
#include "sink/maildir.h"
#include "sink/sink_server.h"
#include "smtp/address.h"

#define BACKLOG        511
#define SIGNAL_EMPTIED SIGUSR2 /* the worker's thread tells the main thread that no session is left */

struct sink_program {
    struct sink_options options;
    struct sink_server *server;
    struct worker *worker;
    struct transcript transcript;
    const char *listen;
    const char *maildir;
    const char *log; /* path, "-" for stderr, NULL for none */
    bool raw;
    bool emptied; /* told already */
    pthread_t main_thread;
};

/* One order to the worker's thread. */
struct order {
    struct worker_task task;
    struct sink_program *program;
};

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
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: postern sink [options]\n"
    "  --listen ADDRESS:PORT  where to listen (127.0.0.1:2526; port 0: any, told on stdout)\n"
    "  --maildir DIR          where messages go, made if missing (./maildir)\n"
    "  --raw                  store octet for octet, the envelope as JSON in DIR/envelopes\n"
    "  --hostname NAME        how the server calls itself (sink.invalid)\n"
    "  --at POINT[#N]=ACTION  misbehave; may be given often. POINT: CONNECT HELO EHLO AUTH MAIL RCPT DATA\n"
    "                         BDAT BODY EOM STORED RSET NOOP VRFY ETRN HELP QUIT; #N: only the Nth time\n"
    "                         (BODY: after N octets). ACTION: reject[:CODE[ TEXT]] tempfail[:CODE[ TEXT]]\n"
    "                         delay:2s garbage drop reset\n"
    "  --without KEYWORD      neither offer nor accept this extension; may be given often\n"
    "  --size OCTETS          largest message (0: no limit)\n"
    "  --recipients N         most recipients of a message (1000)\n"
    "  --auth USER:PASSWORD   accept only these (any)\n"
    "  --timeout SECONDS      close after so long a silence (300)\n"
    "  --once, --count N      end when one or N messages are stored and the last client has gone\n"
    "  --log FILE             append a transcript: one line for each read and each write\n"
    "  -v, --verbose          the same on stderr\n";

/* --- options -------------------------------------------------------------------------------------------- */

static int complain(const char *what, const char *value, const char *why)
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
        return complain(name, optarg, "not a number, or out of range");
    return 0;
}

static int hide(struct sink_options *options)
{
    enum keyword keyword = ehlo_keyword(span_str(optarg));

    if (keyword == KEYWORD_NONE)
        return complain("--without", optarg, "no such extension");
    options->hidden |= (uint64_t)1 << keyword;
    return 0;
}

static int add_rule(struct sink_options *options)
{
    const char *why = sink_script_add(&options->script, span_str(optarg));

    return why != NULL ? complain("--at", optarg, why) : 0;
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

/* 0, or what the program ends with. */
static int take_option(struct sink_program *program, int c)
{
    struct sink_options *options = &program->options;

    switch (c) {
    case 'l':
        program->listen = optarg;
        return 0;
    case 'm':
        program->maildir = optarg;
        return 0;
    case 'n':
        options->hostname = optarg;
        return 0;
    case 'o':
        program->log = optarg;
        return 0;
    case 'v':
        program->log = "-";
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
        return strchr(optarg, ':') != NULL ? 0 : complain("--auth", optarg, "not USER:PASSWORD");
    case OPT_RAW:
        program->raw = true;
        return 0;
    case OPT_SIZE:
    case OPT_COUNT:
    case OPT_TIMEOUT:
    case OPT_RECIPIENTS:
        return take_number_option(options, c);
    default:
        return program_usage("sink");
    }
}

static int take_options(struct sink_program *program, int argc, char **argv)
{
    static const struct address_limits limits = {64, 255, 256};

    for (int c = getopt_long(argc, argv, "v", long_options, NULL); c != -1;
         c = getopt_long(argc, argv, "v", long_options, NULL)) {
        int error;
        if (c == OPT_HELP) {
            fputs(help, stdout);
            exit(PROGRAM_OK);
        }
        error = take_option(program, c);
        if (error != 0)
            return error;
    }
    if (address_helo(span_str(program->options.hostname), &limits, false) != 0)
        return complain("--hostname", program->options.hostname, "not a host name");
    return optind == argc ? 0 : program_usage("sink");
}

/* --- the worker's thread -------------------------------------------------------------------------------- */

static void on_emptied(void *owner)
{
    struct sink_program *program = owner;

    if (!program->emptied)
        pthread_kill(program->main_thread, SIGNAL_EMPTIED);
    program->emptied = true;
}

static int on_caught(void *owner, const struct worker_catch *caught)
{
    struct sink_program *program = owner;

    return sink_server_accept(program->server, &caught->peer, caught->ops, caught->carrier);
}

static void on_ended(void *owner)
{
    struct sink_program *program = owner;

    if (program->server != NULL)
        sink_server_abort(program->server);
}

static void run_drain(struct worker_task *task)
{
    struct sink_program *program = ((struct order *)task)->program;

    worker_listen(program->worker, NULL, 0);
    sink_server_drain(program->server);
}

static void run_abort(struct worker_task *task)
{
    sink_server_abort(((struct order *)task)->program->server);
}

static void run_stop(struct worker_task *task)
{
    worker_stop(((struct order *)task)->program->worker);
}

static void write_transcript(void *arg, struct span line)
{
    FILE *file = arg;

    if (fwrite(line.ptr, 1, line.len, file) == line.len)
        fflush(file);
}

/* --- the main thread ------------------------------------------------------------------------------------ */

/* Host and port of "HOST:PORT" or "[V6]:PORT"; false when malformed. host is cut from a copy of the caller's.
 */
static bool split_address(char *address, const char **host, uint16_t *port)
{
    char *colon = strrchr(address, ':'), *end = NULL;
    unsigned long number;

    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    number = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || number > 65535)
        return false;
    *colon = '\0';
    *port = (uint16_t)number;
    *host = address;
    if (address[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        *host = address + 1;
    }
    return true;
}

static int open_door(const struct sink_program *program, struct worker_door *door)
{
    char copy[300], bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);
    const char *host;
    uint16_t port;

    snprintf(copy, sizeof(copy), "%s", program->listen);
    if (strlen(program->listen) >= sizeof(copy) || !split_address(copy, &host, &port))
        return complain("--listen", program->listen, "not ADDRESS:PORT");
    door->name = program->listen;
    door->fd = bind_open(*host != '\0' ? host : NULL, port, BACKLOG, &door->local);
    if (door->fd < 0) {
        fprintf(stderr, "postern sink: cannot listen on %s: %s\n", program->listen, strerror(-door->fd));
        return PROGRAM_FAILED;
    }
    ip_print(&text, &door->local);
    printf("postern sink: listening on %s%.*s%s:%u, messages go to %s\n", door->local.family == 6 ? "[" : "",
           (int)text.len, text.ptr, door->local.family == 6 ? "]" : "", door->local.port, program->maildir);
    fflush(stdout);
    return PROGRAM_OK;
}

static int open_transcript(struct sink_program *program, FILE **file)
{
    *file = NULL;
    if (program->log == NULL)
        return PROGRAM_OK;
    *file = strcmp(program->log, "-") == 0 ? stderr : fopen(program->log, "ae");
    if (*file == NULL) {
        fprintf(stderr, "postern sink: cannot write %s: %s\n", program->log, strerror(errno));
        return PROGRAM_FAILED;
    }
    program->transcript = (struct transcript){write_transcript, *file};
    program->options.transcript = &program->transcript;
    return PROGRAM_OK;
}

/* Sleeps until the worker has nothing left to do: by itself after --count, or because it was told to end. */
static void await_end(struct sink_program *program, const sigset_t *signals)
{
    struct order orders[] = {{{.run = run_drain}, program}, {{.run = run_abort}, program}};
    struct order stop = {{.run = run_stop}, program};
    size_t given = 0;
    int number;

    while (sigwait(signals, &number) == 0 && number != SIGNAL_EMPTIED)
        if (given < sizeof(orders) / sizeof(*orders))
            worker_post(program->worker, &orders[given++].task);
    worker_post(program->worker, &stop.task);
    worker_join(program->worker);
}

static int serve(struct sink_program *program, struct log_target *target, const sigset_t *signals)
{
    const struct worker_owner owner = {on_caught, on_ended, program};
    struct maildir *maildir = NULL;
    struct worker_door door;
    int error, status = PROGRAM_FAILED;

    program->worker = worker_new(&owner, target, &error);
    if (program->worker == NULL) {
        fprintf(stderr, "postern sink: %s\n", strerror(-error));
        return PROGRAM_FAILED;
    }
    maildir = maildir_open(program->maildir, program->raw, worker_world(program->worker));
    if (maildir == NULL) {
        fprintf(stderr, "postern sink: cannot use %s: %s\n", program->maildir, strerror(errno));
        goto out;
    }
    program->options.store = maildir_store(maildir);
    program->server = sink_server_new(worker_world(program->worker), &program->options, on_emptied, program);
    if (program->server == NULL)
        goto out;
    status = open_door(program, &door);
    if (status != PROGRAM_OK)
        goto out;
    worker_listen(program->worker, &door, 1);
    error = worker_start(program->worker);
    if (error != 0) {
        fprintf(stderr, "postern sink: %s\n", strerror(-error));
        status = PROGRAM_FAILED;
        goto out;
    }
    await_end(program, signals);
    program->worker = NULL;
out:
    if (program->worker != NULL)
        worker_join(program->worker);
    sink_server_free(program->server);
    maildir_close(maildir);
    return status;
}

int sink_main(int argc, char **argv)
{
    struct sink_program program = {
        .options = {.hostname = "sink.invalid", .recipients = 1000, .timeout = 300000},
        .listen = "127.0.0.1:2526",
        .maildir = "maildir",
        .main_thread = pthread_self(),
    };
    struct log_target *target;
    sigset_t signals;
    FILE *transcript;
    int error, status = take_options(&program, argc, argv);

    if (status != 0)
        return status;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGNAL_EMPTIED);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    status = open_transcript(&program, &transcript);
    if (status != PROGRAM_OK)
        return status;
    target = log_target_open("stderr", &error);
    if (target != NULL) {
        status = serve(&program, target, &signals);
        log_target_close(target);
    } else {
        fprintf(stderr, "postern sink: %s\n", strerror(-error));
        status = PROGRAM_FAILED;
    }
    if (transcript != NULL && transcript != stderr)
        fclose(transcript);
    return status;
}
