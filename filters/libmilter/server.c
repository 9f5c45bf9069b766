/* server.c: the loop: it moves links to workers when there is something to do, and takes them back. */
#include "filters/libmilter/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "filters/libmilter/link.h"
#include "filters/libmilter/say.h"

#define SERVER_ACCEPTS 64   /* connections accepted in one turn of the loop */
#define SERVER_PAUSE   1000 /* milliseconds without accepting after the system had no room for one more */

struct server {
    struct service service;
    uv_loop_t loop;
    uv_poll_t listener, signals, bell;
    uv_timer_t pause, grace;
    int signal_fd;
    struct team team;
    LIST_HEAD(, link) links;
    bool ending;
    pthread_mutex_t lock;
    SLIST_HEAD(, link) done; /* links that workers have given back */
};

/* The bell wakes the loop. It is never taken down: server_stop() may be called at any time. */
static atomic_int bell_fd = -1;
static atomic_bool stopped;

static void ring(void)
{
    const uint64_t once = 1;
    int fd = atomic_load(&bell_fd);

    if (fd >= 0 && write(fd, &once, sizeof(once)) < 0)
        return; /* it rings already */
}

void server_stop(void)
{
    int error = errno;

    atomic_store(&stopped, true);
    ring();
    errno = error;
}

bool server_busy(struct server *server)
{
    return atomic_load(&stopped) || !team_spare(&server->team);
}

int server_debug(const struct server *server)
{
    return server->service.debug;
}

int server_patience(const struct server *server)
{
    int timeout = server->service.timeout;

    return timeout > INT32_MAX / 1000 ? INT32_MAX : timeout * 1000;
}

/* --- links ---------------------------------------------------------------------------------------------- */

static void on_link_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    link->open_handles--;
    if (link->open_handles == 0)
        link_free(link);
}

static void drop(struct link *link)
{
    struct server *server = link->server;

    LIST_REMOVE(link, all);
    uv_close((uv_handle_t *)&link->poll, on_link_closed);
    uv_close((uv_handle_t *)&link->timer, on_link_closed);
    if (server->ending && LIST_EMPTY(&server->links))
        uv_stop(&server->loop);
}

/* On a worker. */
static void run_link(struct job *job)
{
    struct link *link = (struct link *)((char *)job - offsetof(struct link, job));
    struct server *server = link->server;
    bool first;

    link_serve(link);
    (void)pthread_mutex_lock(&server->lock);
    first = SLIST_EMPTY(&server->done);
    SLIST_INSERT_HEAD(&server->done, link, done);
    if (first)
        ring();
    (void)pthread_mutex_unlock(&server->lock);
}

/* Gives a link that waits to a worker. Without any, there is nobody left to call the filter. */
static void employ(struct link *link)
{
    uv_poll_stop(&link->poll);
    link->working = true;
    if (team_give(&link->server->team, &link->job))
        return;
    say(link->server->service.filter, LOG_ERR, "no thread can be had: a session is given up");
    drop(link);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    employ(poll->data);
}

static void end_link(struct link *link)
{
    link->unwanted = true;
    if (link->working)
        return;
    link->ending = true;
    employ(link);
}

static void on_patience(uv_timer_t *timer);

static void watch_patience(struct link *link, uint64_t wait)
{
    if (link->patience >= 0)
        uv_timer_start(&link->timer, on_patience, wait, 0);
}

/* The timer is not touched for each packet: it looks when it rings. */
static void on_patience(uv_timer_t *timer)
{
    struct link *link = timer->data;
    uint64_t waited = uv_now(timer->loop) - link->since, patience = (uint64_t)link->patience;

    if (link->working)
        watch_patience(link, patience != 0 ? patience : 1);
    else if (waited < patience)
        watch_patience(link, patience - waited);
    else
        end_link(link);
}

/* A worker has given it back. */
static void take_back(struct link *link)
{
    link->working = false;
    if (link->wait == LINK_NOTHING) {
        drop(link);
    } else if (link->unwanted || link->server->ending) {
        end_link(link);
    } else {
        link->since = uv_now(&link->server->loop);
        uv_poll_start(&link->poll, link->wait == LINK_OUTPUT ? UV_WRITABLE : UV_READABLE, on_ready);
    }
}

static void begin(struct server *server, int fd)
{
    struct link *link = link_new(server, fd, server->service.filter, server->service.limit);
    int on = 1;

    if (link == NULL || uv_poll_init(&server->loop, &link->poll, fd) != 0) {
        say(server->service.filter, LOG_ERR, "a connection is given up: out of memory");
        link != NULL ? link_free(link) : (void)close(fd);
        return;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    link->job.run = run_link;
    uv_timer_init(&server->loop, &link->timer);
    link->poll.data = link->timer.data = link;
    link->open_handles = 2;
    link->since = uv_now(&server->loop);
    LIST_INSERT_HEAD(&server->links, link, all);
    watch_patience(link, (uint64_t)link->patience);
    uv_poll_start(&link->poll, UV_READABLE, on_ready);
}

/* --- the loop ------------------------------------------------------------------------------------------- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
    struct server *server = timer->data;

    if (!server->ending)
        uv_poll_start(&server->listener, UV_READABLE, on_connection);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < SERVER_ACCEPTS; i++) {
        int fd = accept4(server->service.door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            begin(server, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            say(server->service.filter, LOG_ERR, "cannot accept a connection: %s", strerror(errno));
            uv_poll_stop(&server->listener);
            uv_timer_start(&server->pause, on_pause_over, SERVER_PAUSE, 0);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void on_grace_over(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void end(struct server *server)
{
    struct link *link, *next;

    if (server->ending)
        return;
    server->ending = true;
    atomic_store(&stopped, true);
    uv_poll_stop(&server->listener);
    door_close(server->service.door);
    uv_timer_start(&server->grace, on_grace_over, SERVER_GRACE, 0);
    if (LIST_EMPTY(&server->links))
        uv_stop(&server->loop);
    for (link = LIST_FIRST(&server->links); link != NULL; link = next) {
        next = LIST_NEXT(link, all);
        end_link(link);
    }
}

static void on_bell(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    SLIST_HEAD(, link) done;
    uint64_t times;

    (void)status;
    (void)events;
    if (read(atomic_load(&bell_fd), &times, sizeof(times)) < 0)
        times = 0;
    (void)pthread_mutex_lock(&server->lock);
    done.slh_first = SLIST_FIRST(&server->done);
    SLIST_INIT(&server->done);
    (void)pthread_mutex_unlock(&server->lock);
    while (!SLIST_EMPTY(&done)) {
        struct link *link = SLIST_FIRST(&done);
        SLIST_REMOVE_HEAD(&done, done);
        take_back(link);
    }
    if (atomic_load(&stopped))
        end(server);
}

static void on_signal(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    struct signalfd_siginfo info;

    (void)status;
    (void)events;
    if (read(server->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        end(server);
}

/* --- begin and end -------------------------------------------------------------------------------------- */

static unsigned thread_limit(void)
{
    const char *wish = getenv("LIBMILTER_THREADS");
    long limit = wish != NULL ? strtol(wish, NULL, 10) : 0;

    return limit >= 1 && limit <= 4096 ? (unsigned)limit : SERVER_THREADS;
}

/* Signals to end are for the loop; threads that are made from now on do not get them. */
static int take_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool hang_bell(void)
{
    int fd;

    if (atomic_load(&bell_fd) >= 0)
        return true;
    fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    atomic_store(&bell_fd, fd);
    return fd >= 0;
}

static bool watch(struct server *server, uv_poll_t *poll, int fd, uv_poll_cb callback)
{
    if (uv_poll_init(&server->loop, poll, fd) != 0)
        return false;
    poll->data = server;
    return uv_poll_start(poll, UV_READABLE, callback) == 0;
}

static bool set_up(struct server *server)
{
    server->signal_fd = take_signals();
    if (server->signal_fd < 0 || !hang_bell() || pthread_mutex_init(&server->lock, NULL) != 0)
        return false;
    if (team_init(&server->team, thread_limit()) != 0 || uv_loop_init(&server->loop) != 0)
        return false;
    uv_timer_init(&server->loop, &server->pause);
    uv_timer_init(&server->loop, &server->grace);
    server->pause.data = server->grace.data = server;
    return watch(server, &server->listener, server->service.door->fd, on_connection) &&
           watch(server, &server->signals, server->signal_fd, on_signal) &&
           watch(server, &server->bell, atomic_load(&bell_fd), on_bell);
}

/* All sessions have ended. */
static void tear_down(struct server *server)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&server->listener, (uv_handle_t *)&server->signals,
                              (uv_handle_t *)&server->bell, (uv_handle_t *)&server->pause,
                              (uv_handle_t *)&server->grace};

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        uv_close(handles[i], NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&server->loop);
    close(server->signal_fd);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

int server_run(const struct service *service)
{
    struct server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return -1;
    server->service = *service;
    if (!set_up(server)) {
        say(service->filter, LOG_ERR, "the service cannot begin: %s", strerror(errno));
        door_close(server->service.door);
        free(server); /* and the program ends: no more is worth taking down */
        return -1;
    }
    if (atomic_load(&stopped))
        end(server);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    if (LIST_EMPTY(&server->links) && team_end(&server->team, SERVER_GRACE)) {
        tear_down(server);
    } else {
        /* Callbacks are still running: what they stand on stays until the program ends. */
        say(service->filter, LOG_WARNING, "callbacks have not returned; the service ends without them");
    }
    return 0;
}
