/* load.c: an SMTP load generator: many sessions at once over one epoll, one thread. README.md has the options
 * and the line it prints. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client.h"
#include "peer.h"
#include "sample.h"
#include "script.h"

enum { SOURCE_SESSIONS = 20000, SPARE_FILES = 16, EVENTS = 256 };

struct load {
    size_t sessions, concurrency, messages, size, timeout;
    size_t seconds; /* no session begins later; 0: all begin */
    size_t every;   /* milliseconds from one message of a session to the next; 0: no pause */
    bool starttls, resume;
    const char *tls_version;
    struct secrecy secrecy;
    int timer; /* of messages that are awaited, or -1 */
    enum script_kind kind;
    enum script_content content;
    struct script script;
    struct client_run run;
    struct client *clients; /* `concurrency` of them, used again; all sessions when they are held */
    size_t opened;          /* of `concurrency` */
    size_t started, active, finished, errors;
    struct sample session_times;
    uint64_t began, ended;
};

/* Set by SIGTERM: no further session begins. */
static volatile sig_atomic_t enough;

static void on_enough(int signal)
{
    (void)signal;
    enough = 1;
}

static void load_set_tls(struct load *load, const char *way)
{
    load->starttls = strcmp(way, "starttls") == 0;
    load->run.implicit = strcmp(way, "implicit") == 0;
    errno = 0;
    if (!load->starttls && !load->run.implicit)
        peer_die("%s is no way of encrypting: starttls or implicit", way);
    load->run.secrecy = &load->secrecy;
}

/* One that is not a number. */
static void load_set(struct load *load, int option)
{
    if (option == 'p')
        load->kind = SCRIPT_PIPELINED;
    else if (option == 'a')
        load->content = SCRIPT_ATTACHMENT;
    else if (option == 'q')
        load->run.quickack = true;
    else if (option == 'r')
        load->resume = true;
    else if (option == 'T')
        load_set_tls(load, optarg);
    else if (option == 'V')
        load->tls_version = optarg;
    else
        exit(2);
}

static void load_options(struct load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"sessions", required_argument, NULL, 's'},
        {"concurrency", required_argument, NULL, 'c'},
        {"messages", required_argument, NULL, 'm'},
        {"size", required_argument, NULL, 'z'},
        {"seconds", required_argument, NULL, 'd'},
        {"every", required_argument, NULL, 'e'},
        {"hold", required_argument, NULL, 'h'},
        {"timeout", required_argument, NULL, 't'},
        {"attachment", no_argument, NULL, 'a'},
        {"pipelined", no_argument, NULL, 'p'},
        {"quickack", no_argument, NULL, 'q'},
        {"resume", no_argument, NULL, 'r'},
        {"tls", required_argument, NULL, 'T'},
        {"tls-version", required_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    const struct {
        int option;
        size_t *value, least, most;
    } numbers[] = {
        {'s', &load->sessions, 1, 10000000},  {'h', &load->sessions, 1, 10000000},
        {'c', &load->concurrency, 1, 100000}, {'m', &load->messages, 0, 100000},
        {'z', &load->size, 1, 1u << 30},      {'d', &load->seconds, 1, 3600},
        {'e', &load->every, 1, 1000000},      {'t', &load->timeout, 1, 3600},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        size_t i = 0;
        while (i < sizeof(numbers) / sizeof(*numbers) && numbers[i].option != option)
            i++;
        if (i < sizeof(numbers) / sizeof(*numbers))
            *numbers[i].value = peer_number(argv[optind - 2], optarg, numbers[i].least, numbers[i].most);
        else
            load_set(load, option);
        if (option == 'h')
            load->kind = SCRIPT_HOLD;
    }
    errno = 0;
    if (optind + 1 != argc)
        peer_die("one address is needed: load [options] 127.0.0.1:2525");
    load->run.address = peer_address(argv[optind]);
}

static void load_init_pace(struct load *load)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &load->timer};
    load->run.every = load->every * 1000000;
    load->run.stagger = load->run.every / load->concurrency;
    load->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (load->timer < 0 || epoll_ctl(load->run.epoll, EPOLL_CTL_ADD, load->timer, &event) != 0)
        peer_die("timerfd");
}

static void load_init(struct load *load)
{
    bool held = load->kind == SCRIPT_HOLD;
    if (load->kind == SCRIPT_PIPELINED && load->messages == 0)
        load->kind = SCRIPT_LOCK_STEP;
    if (load->concurrency > load->sessions)
        load->concurrency = load->sessions;
    size_t clients = held ? load->sessions : load->concurrency;
    peer_raise_files(clients + SPARE_FILES);
    load->clients = calloc(clients, sizeof(struct client));
    load->run.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->clients == NULL || load->run.epoll < 0)
        peer_die("%zu sessions", clients);
    if (load->every != 0)
        load_init_pace(load);
    if (load->run.secrecy != NULL)
        secrecy_client(&load->secrecy, load->tls_version, load->resume);
    script_init(&load->script, load->kind, load->messages, load->size, load->content, load->starttls);
    load->run.script = &load->script;
    sample_init(&load->session_times, load->sessions);
    sample_init(&load->run.message_times, held ? 1 : load->sessions * load->messages + 1);
}

/* One source address has a limited number of ports: sessions that are held are spread over several. */
static in_addr_t load_source(const struct load *load)
{
    if (load->kind != SCRIPT_HOLD || load->sessions <= SOURCE_SESSIONS)
        return 0;
    return INADDR_LOOPBACK + (in_addr_t)(load->started / SOURCE_SESSIONS);
}

/* There is no time for another. */
static bool load_late(const struct load *load)
{
    return enough || (load->seconds != 0 && peer_now() - load->began > load->seconds * 1000000000u);
}

/* Begins sessions until one is under way or none is left, on `client` unless sessions are held. */
static void load_next(struct load *load, struct client *client)
{
    while (load->started < load->sessions && !load_late(load)) {
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

/* All at once, or one alone until there is a session for the others to resume. */
static void load_begin(struct load *load)
{
    size_t width = load->resume && load->secrecy.session == NULL ? 1 : load->concurrency;
    while (load->opened < width)
        load_next(load, &load->clients[load->opened++]);
}

/* One that is not held has come to its end, or one to be held to where it is. */
static void load_through(struct load *load, struct client *client, enum client_state state)
{
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
    load_begin(load);
}

static void load_event(struct load *load, struct client *client)
{
    bool held = client->step == load->script.count;
    enum client_state state = client_ready(client, &load->run);
    if (state == CLIENT_WAITS)
        return;
    if (held) {
        load_lost(load, client);
        return;
    }
    load_through(load, client, state);
}

/* Begins the messages that are due, and has the timer tell of the next. */
static void load_pace(struct load *load)
{
    uint64_t next = 0;
    for (size_t i = 0; i < load->opened; i++) {
        struct client *client = &load->clients[i];
        enum client_state state = CLIENT_WAITS;
        if (client->due != 0 && client->due <= peer_now())
            state = client_resume(client, &load->run);
        if (state == CLIENT_FAILED)
            load_through(load, client, state);
        if (client->due != 0 && (next == 0 || client->due < next))
            next = client->due;
    }
    struct itimerspec at = {.it_value = {(time_t)(next / 1000000000u), (long)(next % 1000000000u)}};
    if (timerfd_settime(load->timer, TFD_TIMER_ABSTIME, &at, NULL) != 0)
        peer_die("timerfd");
}

/* Runs all sessions to the end of the script, or to the time limit. */
static void load_run(struct load *load)
{
    struct epoll_event events[EVENTS];
    uint64_t limit = (uint64_t)load->timeout * 1000000000u;
    load->began = peer_now();
    load_begin(load);
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
            if (events[i].data.ptr != &load->timer)
                load_event(load, events[i].data.ptr);
        if (load->every != 0)
            load_pace(load);
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
    if (load->secrecy.version != NULL)
        printf(" handshakes=%zu resumed=%zu tls=%s cipher=%s", load->secrecy.handshakes,
               load->secrecy.resumed, load->secrecy.version, load->secrecy.cipher);
    putchar('\n');
}

static void load_free(struct load *load)
{
    sample_free(&load->run.message_times);
    sample_free(&load->session_times);
    script_free(&load->script);
    if (load->run.secrecy != NULL)
        secrecy_free(load->run.secrecy);
    free(load->clients);
    close(load->run.epoll);
}

int main(int argc, char **argv)
{
    struct load load = {.sessions = 1, .concurrency = 20, .messages = 1, .size = 4096, .timeout = 120};
    load_options(&load, argc, argv);
    load_init(&load);
    if (load.kind != SCRIPT_HOLD)
        signal(SIGTERM, on_enough);
    load_run(&load);
    if (load.kind == SCRIPT_HOLD)
        load_hold(&load);
    load_print(&load);
    load_free(&load);
    return load.errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
