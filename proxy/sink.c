/* sink.c: `postern sink`, a strict mail server that keeps what it gets in a Maildir and misbehaves as told.
 * What it says is left to proxy/sink/, its sockets to proxy/net/. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/bind.h"
#include "net/worker.h"
#include "program.h"
#include "sink/maildir.h"
#include "sink_arguments.h"
#include "tls/tls_server.h"

#define BACKLOG        511
#define SIGNAL_EMPTIED SIGUSR2 /* the worker's thread tells the main thread that no session is left */

struct sink_program {
    struct sink_arguments arguments;
    struct sink_server *server;
    struct worker *worker;
    struct transcript transcript;
    struct tls_certificate_files certificate;
    struct tls_policy policy;
    bool emptied; /* told already */
    pthread_t main_thread;
};

/* One order to the worker's thread. */
struct order {
    struct worker_task task;
    struct sink_program *program;
};

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

    snprintf(copy, sizeof(copy), "%s", program->arguments.listen);
    if (strlen(program->arguments.listen) >= sizeof(copy) || !split_address(copy, &host, &port))
        return sink_arguments_complain("--listen", program->arguments.listen, "not ADDRESS:PORT");
    door->tag = program->arguments.listen;
    door->fd = bind_open(*host != '\0' ? host : NULL, port, BACKLOG, &door->local);
    if (door->fd < 0) {
        fprintf(stderr, "postern sink: cannot listen on %s: %s\n", program->arguments.listen,
                strerror(-door->fd));
        return PROGRAM_FAILED;
    }
    ip_print(&text, &door->local);
    printf("postern sink: listening on %s%.*s%s:%u, messages go to %s\n", door->local.family == 6 ? "[" : "",
           (int)text.len, text.ptr, door->local.family == 6 ? "]" : "", door->local.port,
           program->arguments.maildir);
    fflush(stdout);
    return PROGRAM_OK;
}

static int open_transcript(struct sink_program *program, FILE **file)
{
    *file = NULL;
    if (program->arguments.log == NULL)
        return PROGRAM_OK;
    *file = strcmp(program->arguments.log, "-") == 0 ? stderr : fopen(program->arguments.log, "ae");
    if (*file == NULL) {
        fprintf(stderr, "postern sink: cannot write %s: %s\n", program->arguments.log, strerror(errno));
        return PROGRAM_FAILED;
    }
    program->transcript = (struct transcript){write_transcript, *file};
    program->arguments.options.transcript = &program->transcript;
    return PROGRAM_OK;
}

static void complain(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    (void)owner;
    (void)index;
    fprintf(stderr, "postern sink: %s: %s%s\n", key, warning ? "warning: " : "", text);
}

/* Every curve, the first version we know, a certificate for any name. */
static int open_tls(struct sink_program *program)
{
    const struct tls_complaints complaints = {.complain = complain};
    struct tls_server_terms terms = {
        .certificates = &program->certificate,
        .count = 1,
        .policy = &program->policy,
        .tickets = true,
    };

    if (program->arguments.tls_chain == NULL)
        return PROGRAM_OK;
    program->certificate.chain = program->arguments.tls_chain;
    program->certificate.key = program->arguments.tls_key;
    program->policy = (struct tls_policy){TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, ~(uint64_t)0};
    program->arguments.options.tls = tls_server_new(&terms, &complaints);
    return program->arguments.options.tls != NULL ? PROGRAM_OK : PROGRAM_FAILED;
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
    struct worker_door door = {0};
    int error, status = PROGRAM_FAILED;

    program->worker = worker_new(&owner, target, &error);
    if (program->worker == NULL) {
        fprintf(stderr, "postern sink: %s\n", strerror(-error));
        return PROGRAM_FAILED;
    }
    maildir = maildir_open(program->arguments.maildir, program->arguments.raw, worker_world(program->worker));
    if (maildir == NULL) {
        fprintf(stderr, "postern sink: cannot use %s: %s\n", program->arguments.maildir, strerror(errno));
        goto out;
    }
    program->arguments.options.store = maildir_store(maildir);
    program->server =
        sink_server_new(worker_world(program->worker), &program->arguments.options, on_emptied, program);
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
    struct sink_program program = {.main_thread = pthread_self()};
    struct log_target *target;
    sigset_t signals;
    FILE *transcript;
    int error, status = sink_arguments_read(&program.arguments, argc, argv);

    if (status != PROGRAM_OK)
        return status;
    if (program.arguments.help) {
        sink_arguments_help(stdout);
        return PROGRAM_OK;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGNAL_EMPTIED);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    status = open_tls(&program);
    if (status == PROGRAM_OK)
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
    if (program.arguments.options.tls != NULL)
        tls_server_unref(program.arguments.options.tls);
    if (transcript != NULL && transcript != stderr)
        fclose(transcript);
    return status;
}
