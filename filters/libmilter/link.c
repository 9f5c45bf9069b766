/* link.c: what a worker does with a connection: octets in, packets to the engine, octets out. */
#include "filters/libmilter/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filters/libmilter/engine.h"
#include "filters/libmilter/say.h"
#include "filters/libmilter/server.h"

#define LINK_PIECE  (64 * 1024)           /* octets read at once */
#define LINK_SEND   ((size_t)64 * 1024)   /* octets that wait for more before they are sent */
#define LINK_KEPT   1024                  /* octets of memory for what is sent that stay */
#define LINK_HELD   ((size_t)1024 * 1024) /* octets that a callback may say before the mail server reads */
#define LINK_LINGER 2 /* milliseconds a worker waits for the next command, if it can be spared */

/* What has been sent; an idle link keeps little memory. */
static void forget_sent(struct link *link)
{
    if (link->out.size > LINK_KEPT)
        milter_writer_free(&link->out);
    link->out.len = 0;
    link->sent = 0;
}

/* Sends what the socket takes. False: nothing can be sent any more. */
static bool send_some(struct link *link)
{
    while (!link->broken && link->sent < link->out.len) {
        ssize_t n = send(link->fd, link->out.ptr + link->sent, link->out.len - link->sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            link->sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            break;
        else if (n < 0 && errno != EINTR)
            link->broken = true;
    }
    if (link->sent == link->out.len || link->broken)
        forget_sent(link);
    return !link->broken;
}

/* Within a callback that says much: its worker waits, as the callback would. */
static void send_all(struct link *link)
{
    struct pollfd ready = {.fd = link->fd, .events = POLLOUT};

    while (send_some(link) && link->out.len != 0)
        if (poll(&ready, 1, link->patience) == 0)
            link->broken = true;
}

static int link_say(void *arg, const struct milter_packet *packet, bool prompt)
{
    struct link *link = arg;
    int status = -1;

    (void)pthread_mutex_lock(&link->lock);
    if (!link->broken)
        status = milter_write(&link->out, MILTER_OF_FILTER, packet);
    if (link->out.starved)
        link->broken = true;
    if (status == 0 && (prompt || link->out.len - link->sent >= LINK_SEND))
        (void)send_some(link);
    if (status == 0 && link->out.len - link->sent >= LINK_HELD)
        send_all(link);
    if (link->broken)
        status = -1;
    (void)pthread_mutex_unlock(&link->lock);
    return status;
}

static enum link_wait flush(struct link *link)
{
    enum link_wait wait = LINK_INPUT;

    (void)pthread_mutex_lock(&link->lock);
    if (!send_some(link))
        wait = LINK_NOTHING;
    else if (link->out.len != 0)
        wait = LINK_OUTPUT;
    (void)pthread_mutex_unlock(&link->lock);
    return wait;
}

/* Hands the packets in these octets to the engine. False: the session is over. */
static bool take(struct link *link, struct span octets)
{
    struct span data = {NULL, 0};
    char command;
    long taken;

    while ((taken = milter_read(&link->reader, octets, &command, &data)) > 0) {
        if (command != '\0' && !engine_read(link->ctx, command, data))
            return false;
        octets = span_skip(octets, (size_t)taken);
    }
    if (taken < 0)
        say(link->ctx->filter, LOG_ERR, "%s", milter_error_text(taken));
    return taken == 0;
}

/* Octets that are there, or come soon. 0: none now; -1: none any more. */
static ssize_t receive(struct link *link, char *to, size_t size)
{
    struct pollfd ready = {.fd = link->fd, .events = POLLIN};
    bool lingered = false;

    for (;;) {
        ssize_t n = recv(link->fd, to, size, MSG_DONTWAIT);
        if (n > 0)
            return n;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return -1;
        if (errno == EINTR)
            continue;
        if (lingered || server_busy(link->server) || poll(&ready, 1, LINK_LINGER) <= 0)
            return 0;
        lingered = true;
    }
}

static enum link_wait serve(struct link *link)
{
    char piece[LINK_PIECE];
    enum link_wait wait = flush(link);

    while (wait == LINK_INPUT) {
        ssize_t n = receive(link, piece, sizeof(piece));
        if (n == 0)
            break;
        if (n < 0 || !take(link, span_of(piece, (size_t)n))) {
            (void)flush(link);
            return LINK_NOTHING;
        }
        wait = flush(link);
    }
    return wait;
}

void link_serve(struct link *link)
{
    link->wait = link->ending ? LINK_NOTHING : serve(link);
    if (link->wait == LINK_NOTHING)
        engine_end(link->ctx);
}

struct link *link_new(struct server *server, int fd, const struct smfiDesc *filter, size_t limit)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL)
        return NULL;
    link->ctx = context_new(filter, (struct outlet){link_say, link}, server_debug(server));
    if (link->ctx == NULL || pthread_mutex_init(&link->lock, NULL) != 0) {
        context_free(link->ctx);
        free(link);
        return NULL;
    }
    link->server = server;
    link->fd = fd;
    link->reader.limit = limit;
    link->patience = server_patience(server);
    return link;
}

void link_free(struct link *link)
{
    close(link->fd);
    context_free(link->ctx);
    milter_reader_free(&link->reader);
    milter_writer_free(&link->out);
    (void)pthread_mutex_destroy(&link->lock);
    free(link);
}
