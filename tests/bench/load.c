/* load.c: an SMTP load generator: many sessions at once over one epoll, one thread. README.md has the options
 * and the line it prints. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"
#include "peer.h"
#include "sample.h"
#include "script.h"

enum { SOURCE_SESSIONS = 20000, SPARE_FILES = 16, EVENTS = 256 };

struct load {
    size_t sessions, concurrency, messages, size, timeout;
    enum script_kind kind;
    struct script script;
    struct client_run run;
    struct client *clients; /* `concurrency` of them, used again; all sessions when they are held */
    size_t started, active, finished, errors;
    struct sample session_times;
    uint64_t began, ended;
};

static void load_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"sessions", required_argument, NULL, 's'},
        {"concurrency", required_argument, NULL, 'c'},
        {"messages", required_argument, NULL, 'm'},
        {"size", required_argument, NULL, 'z'},
        {"pipelined", no_argument, NULL, 'p'},
        {"quickack", no_argument, NULL, 'q'},
        {"hold", required_argument, NULL, 'h'},
        {"timeout", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            load->kind = SCRIPT_HOLD; /* fallthrough */
        case 's':
            load->sessions = peer_number("sessions", optarg, 1, 10000000);
            break;
        case 'c':
            load->concurrency = peer_number("concurrency", optarg, 1, 100000);
            break;
        case 'm':
            load->messages = peer_number("messages", optarg, 1, 100000);
            break;
        case 'z':
            load->size = peer_number("size", optarg, 1, 1u << 30);
            break;
        case 't':
            load->timeout = peer_number("timeout", optarg, 1, 3600);
            break;
        case 'p':
            load->kind = SCRIPT_PIPELINED;
            break;
        case 'q':
            load->run.quickack = true;
            break;
        default:
            exit(2);
        }
    }
    errno = 0;
    if (optind + 1 != argc)
        peer_die("one address is needed: load [options] 127.0.0.1:2525");
    load->run.address = peer_address(argv[optind]);
}

static void load_init(struct load *load)
{
    bool held = load->kind == SCRIPT_HOLD;
    if (load->concurrency > load->sessions)
        load->concurrency = load->sessions;
    size_t clients = held ? load->sessions : load->concurrency;
    peer_raise_files(clients + SPARE_FILES);
    load->clients = calloc(clients, sizeof(struct client));
    load->run.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->clients == NULL || load->run.epoll < 0)
        peer_die("%zu sessions", clients);
    script_init(&load->script, load->kind, load->messages, load->size);
    load->run.script = &load->script;
    sample_init(&load->session_times, load->sessions);
    sample_init(&load->run.message_times, held ? 1 : load->sessions * load->messages);
}

/* One source address has a limited number of ports: sessions that are held are spread over several. */
static in_addr_t load_source(const struct load *load)
{
    if (load->kind != SCRIPT_HOLD || load->sessions <= SOURCE_SESSIONS)
        return 0;
    return INADDR_LOOPBACK + (in_addr_t)(load->started / SOURCE_SESSIONS);
}

/* Begins sessions until one is under way or none is left, on `client` unless sessions are held. */
static void load_next(struct load *load, struct client *client)
{
    while (load->started < load->sessions) {
        if (load->kind == SCRIPT_HOLD)
            client = &load->clients[load->started];
        in_addr_t source = load_source(load);
        load->started++;
        if (client_open(client, &load->run, source)) {
            load->active++;
            return;
        }
        load->errors++;
    }
}

/* A session that was through and held ended by itself. */
static void load_lost(struct load *load, struct client *client)
{
    load->finished--;
    load->errors++;
    client_close(client);
}

static void load_event(struct load *load, struct client *client)
{
    bool held = client->step == load->script.count;
    enum client_state state = client_ready(client, &load->run);
    if (held) {
        load_lost(load, client);
        return;
    }
    if (state == CLIENT_WAITS)
        return;
    load->active--;
    if (state == CLIENT_DONE) {
        sample_add(&load->session_times, peer_now() - client->began);
        load->finished++;
    } else {
        load->errors++;
    }
    if (load->kind != SCRIPT_HOLD || state == CLIENT_FAILED)
        client_close(client);
    load_next(load, client);
}

/* Runs all sessions to the end of the script, or to the time limit. */
static void load_run(struct load *load)
{
    struct epoll_event events[EVENTS];
    uint64_t limit = (uint64_t)load->timeout * 1000000000u;
    load->began = peer_now();
    for (size_t i = 0; i < load->concurrency; i++)
        load_next(load, &load->clients[i]);
    while (load->active > 0) {
        uint64_t spent = peer_now() - load->began;
        int wait = spent < limit ? (int)((limit - spent) / 1000000) + 1 : 0;
        int count = epoll_wait(load->run.epoll, events, EVENTS, wait);
        if (count == 0) {
            fprintf(stderr, "load: %zu sessions not through after %zu s\n", load->active, load->timeout);
            load->errors += load->active;
            break;
        }
        for (int i = 0; i < count; i++)
            load_event(load, events[i].data.ptr);
    }
    load->ended = peer_now();
}

/* Keeps the sessions open until standard input ends; what is read there is of no interest. */
static void load_hold(struct load *load)
{
    struct epoll_event events[EVENTS], input = {.events = EPOLLIN, .data.ptr = NULL};
    printf("held=%zu errors=%zu\n", load->finished, load->errors);
    fflush(stdout);
    if (epoll_ctl(load->run.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0)
        return; /* a file: it has ended already */
    for (;;) {
        int count = epoll_wait(load->run.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            char ignored[64];
            if (events[i].data.ptr != NULL)
                load_event(load, events[i].data.ptr);
            else if (read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0)
                return;
        }
    }
}

static void load_print_times(const char *name, struct sample *times)
{
    sample_sort(times);
    for (size_t i = 0; i < 3; i++) {
        static const size_t percents[] = {50, 90, 99};
        printf(" %s_p%zu_us=%u", name, percents[i], sample_percentile(times, percents[i]));
    }
}

static void load_print(struct load *load)
{
    double seconds = (double)(load->ended - load->began) / 1e9;
    double rate = (double)load->run.messages / seconds;
    printf(
        "messages=%zu sessions=%zu seconds=%.6f messages_per_second=%.1f mbytes_per_second=%.2f errors=%zu",
        load->run.messages, load->finished, seconds, rate, rate * (double)load->size / 1e6, load->errors);
    load_print_times("message", &load->run.message_times);
    load_print_times("session", &load->session_times);
    putchar('\n');
}

static void load_free(struct load *load)
{
    sample_free(&load->run.message_times);
    sample_free(&load->session_times);
    script_free(&load->script);
    free(load->clients);
    close(load->run.epoll);
}

int main(int argc, char **argv)
{
    struct load load = {.sessions = 1, .concurrency = 20, .messages = 1, .size = 4096, .timeout = 120};
    load_options(&load, argc, argv);
    load_init(&load);
    load_run(&load);
    if (load.kind == SCRIPT_HOLD)
        load_hold(&load);
    load_print(&load);
    load_free(&load);
    return load.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
