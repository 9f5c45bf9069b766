/* listener.c: accepts connections on a listening socket; opening it is left to bind.c. */
#include "net/listener.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/address.h"

#define PAUSE_MS  100  /* until accepting is tried again when descriptors or memory are short */
#define LAST_CALL 4096 /* connections accepted at most by a last call */

/* Sockets are accepted here rather than by libuv because accept4() tells the peer's address in passing. */
struct listener {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    bool any; /* bound to the unspecified address: a connection has to be asked which one it reached */
    bool complained;
    enum transparent_way way;
    struct ip local;
    struct alarm pause;
    void (*caught)(void *owner, const struct listener_catch *caught);
    void *owner;
};

static struct ip local_of(const struct listener *listener, int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if ((listener->any || listener->way != TRANSPARENT_WAY_NONE) &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        return address_to_ip((struct sockaddr *)&address);
    return listener->local;
}

/* 0, or a negative errno of accept4(). */
static int catch_one(struct listener *listener)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    struct listener_catch caught;
    int fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return -errno;
    listener->complained = false;
    caught.peer = address_to_ip((struct sockaddr *)&address);
    caught.local = local_of(listener, fd);
    caught.original = transparent_original(fd, listener->way, &caught.local, listener->local.port);
    caught.stream = stream_adopt(&listener->loop->uv, fd);
    if (caught.stream != NULL)
        listener->caught(listener->owner, &caught);
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_pause_over(void *owner)
{
    struct listener *listener = owner;

    uv_poll_start(&listener->poll, UV_READABLE, on_ready);
}

/* Connections wait in the backlog meanwhile; trying again at once would only spin. */
static void pause_accepting(struct listener *listener, int error)
{
    struct loop *loop = listener->loop;

    if (!listener->complained)
        log_note(loop->world.log, LOG_LEVEL_ERROR, "accept", "cannot accept connections: %s",
                 strerror(-error));
    listener->complained = true;
    if (alarms_set(&loop->alarms, &listener->pause, uv_now(&loop->uv) + PAUSE_MS))
        uv_poll_stop(&listener->poll);
}

/* One connection per round: with more waiting the socket is still ready in the next round, and with none a
 * fruitless accept4() is saved. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    int error = catch_one(listener);

    (void)status;
    (void)events;
    if (error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM)
        pause_accepting(listener, error);
}

struct listener *listener_open(struct loop *loop, int fd, const struct ip *local,
                               void (*caught)(void *owner, const struct listener_catch *caught), void *owner)
{
    static const uint8_t unspecified[16];
    struct listener *listener = mem_alloc(sizeof(*listener));

    if (listener == NULL)
        return NULL;
    listener->loop = loop;
    listener->fd = fd;
    listener->local = *local;
    listener->any = memcmp(local->bytes, unspecified, sizeof(unspecified)) == 0;
    listener->pause = (struct alarm){.ring = on_pause_over, .owner = listener};
    listener->caught = caught;
    listener->owner = owner;
    if (uv_poll_init(&loop->uv, &listener->poll, fd) != 0) {
        mem_free(listener);
        return NULL;
    }
    listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_ready);
    return listener;
}

void listener_set_way(struct listener *listener, enum transparent_way way)
{
    listener->way = way;
}

static void on_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void listener_last_call(struct listener *listener)
{
    for (int n = 0; n < LAST_CALL && catch_one(listener) == 0; n++)
        continue;
}

void listener_close(struct listener *listener)
{
    alarms_clear(&listener->loop->alarms, &listener->pause);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
    close(listener->fd);
}
