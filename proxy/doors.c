/* doors.c: the listening sockets; accepting on them is left to the workers. */
#include "doors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/bind.h"

struct door {
    struct door *next;
    char *host;                               /* NULL: any */
    const struct settings_listener *listener; /* of the settings in force */
    uint16_t port;
    bool wanted;
    bool shared; /* the sockets are all one, which was passed to us */
    bool transparent;
    struct ip local;
    int fds[]; /* one per worker */
};

static const enum transparent_way ways[] = {
    [TRANSPARENT_NO] = TRANSPARENT_WAY_NONE,
    [TRANSPARENT_REDIRECT] = TRANSPARENT_WAY_REDIRECT,
    [TRANSPARENT_TPROXY] = TRANSPARENT_WAY_TPROXY,
};

void doors_init(struct doors *doors, size_t workers, struct passed *passed)
{
    *doors = (struct doors){.workers = workers, .passed = passed};
}

static bool same(const struct door *door, const struct settings_listener *listener)
{
    return door->port == listener->port && (door->host == NULL) == (listener->host == NULL) &&
           (door->host == NULL || strcmp(door->host, listener->host) == 0);
}

static void door_free(struct door *door)
{
    mem_free(door->host);
    mem_free(door);
}

static void close_sockets(const struct door *door, size_t count)
{
    while (count > 0)
        close(door->fds[--count]);
}

/* Port 0 means any, but the same one for all workers. */
static int open_sockets(struct door *door, size_t workers, int backlog)
{
    uint16_t port = door->port;

    for (size_t i = 0; i < workers; i++) {
        door->fds[i] = bind_open(door->host, port, backlog, &door->local);
        if (door->fds[i] < 0) {
            int error = door->fds[i];
            close_sockets(door, i);
            return error;
        }
        port = door->local.port;
    }
    return 0;
}

/* Every worker gets a descriptor of its own, to close as it closes others. */
static int share_socket(struct door *door, size_t workers, const struct passed_socket *socket)
{
    door->shared = true;
    door->local = socket->local;
    for (size_t i = 0; i < workers; i++) {
        door->fds[i] = fcntl(socket->fd, F_DUPFD_CLOEXEC, 0);
        if (door->fds[i] < 0) {
            int error = -errno;
            close_sockets(door, i);
            return error;
        }
    }
    return 0;
}

static int fill(struct door *door, const struct doors *doors, const struct settings_listener *listener)
{
    const struct passed_socket *socket = NULL;
    struct ip wanted;

    if (doors->passed->count > 0) {
        if (bind_address(door->host, door->port, &wanted) != 0)
            wanted = (struct ip){0};
        socket = passed_use(doors->passed, &wanted, listener->name);
    }
    return socket != NULL ? share_socket(door, doors->workers, socket)
                          : open_sockets(door, doors->workers, (int)listener->backlog);
}

static struct door *door_open(const struct doors *doors, const struct settings_listener *listener, int *error)
{
    struct door *door = mem_alloc(sizeof(*door) + doors->workers * sizeof(door->fds[0]));

    *error = -ENOMEM;
    if (door == NULL)
        return NULL;
    door->port = (uint16_t)listener->port;
    door->host = listener->host != NULL ? mem_copy(span_str(listener->host)) : NULL;
    if (listener->host == NULL || door->host != NULL)
        *error = fill(door, doors, listener);
    if (*error != 0) {
        door_free(door);
        return NULL;
    }
    return door;
}

static struct door *door_for(struct doors *doors, const struct settings_listener *listener, struct log *log)
{
    struct door *door = doors->list;
    int error;

    while (door != NULL && !same(door, listener))
        door = door->next;
    if (door != NULL)
        return door;
    door = door_open(doors, listener, &error);
    if (door == NULL) {
        log_note(log, LOG_LEVEL_ERROR, "listen", "cannot listen on %s: %s", listener->address,
                 strerror(-error));
        return NULL;
    }
    door->next = doors->list;
    doors->list = door;
    doors->count++;
    return door;
}

/* Done to sockets that listen already, for a listener may become transparent, or cease to be, by a reload. */
static bool set_transparent(struct door *door, size_t workers, struct log *log)
{
    bool wanted = door->listener->transparent == TRANSPARENT_TPROXY;

    for (size_t i = 0; i < workers && door->transparent != wanted; i++) {
        int error = transparent_set(door->fds[i], &door->local, wanted);
        if (error != 0) {
            log_note(log, LOG_LEVEL_ERROR, "listen", "%s cannot take connections from TPROXY: %s%s",
                     door->listener->address, strerror(-error),
                     error == -EPERM ? "; it needs CAP_NET_ADMIN" : "");
            return false;
        }
    }
    door->transparent = wanted;
    return true;
}

static void forget_unwanted(struct doors *doors)
{
    struct door **link = &doors->list;

    while (*link != NULL) {
        struct door *door = *link;
        if (door->wanted) {
            door->wanted = false;
            link = &door->next;
            continue;
        }
        *link = door->next;
        doors->count--;
        door_free(door);
    }
}

size_t doors_update(struct doors *doors, const struct settings *settings, struct log *log)
{
    const struct settings_listener *listeners = settings->listeners.items;
    size_t failed = 0;

    for (size_t i = 0; i < settings->listeners.count; i++) {
        struct door *door = door_for(doors, &listeners[i], log);
        if (door == NULL) {
            failed++;
            continue;
        }
        door->listener = &listeners[i];
        door->wanted = true;
        if (!set_transparent(door, doors->workers, log))
            failed++;
    }
    forget_unwanted(doors);
    passed_warn_unused(doors->passed, log);
    return failed;
}

void doors_list(const struct doors *doors, size_t worker, struct worker_door *out)
{
    for (const struct door *door = doors->list; door != NULL; door = door->next)
        *out++ = (struct worker_door){
            .fd = door->fds[worker],
            .local = door->local,
            .tag = door->listener,
            .way = ways[door->listener->transparent],
            .shared = door->shared,
        };
}

/* Between two updates none is marked as wanted. */
void doors_clear(struct doors *doors)
{
    forget_unwanted(doors);
}
