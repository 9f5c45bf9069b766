/* doors.c: the listening sockets; accepting on them is left to the workers. */
#include "doors.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/bind.h"

struct door {
    struct door *next;
    char *host; /* NULL: any */
    const struct settings_listener *listener; /* of the settings in force */
    uint16_t port;
    bool wanted;
    struct ip local;
    int fds[]; /* one per worker */
};

void doors_init(struct doors *doors, size_t workers)
{
    *doors = (struct doors){.workers = workers};
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

/* Port 0 means any, but the same one for all workers. */
static int open_sockets(struct door *door, size_t workers, int backlog)
{
    uint16_t port = door->port;

    for (size_t i = 0; i < workers; i++) {
        door->fds[i] = bind_open(door->host, port, backlog, &door->local);
        if (door->fds[i] < 0) {
            int error = door->fds[i];
            while (i > 0)
                close(door->fds[--i]);
            return error;
        }
        port = door->local.port;
    }
    return 0;
}

static struct door *door_open(const struct settings_listener *listener, size_t workers, int *error)
{
    struct door *door = mem_alloc(sizeof(*door) + workers * sizeof(door->fds[0]));

    *error = -ENOMEM;
    if (door == NULL)
        return NULL;
    door->port = (uint16_t)listener->port;
    door->host = listener->host != NULL ? mem_copy(span_str(listener->host)) : NULL;
    if (listener->host == NULL || door->host != NULL)
        *error = open_sockets(door, workers, (int)listener->backlog);
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
    door = door_open(listener, doors->workers, &error);
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
    }
    forget_unwanted(doors);
    return failed;
}

void doors_list(const struct doors *doors, size_t worker, struct worker_door *out)
{
    for (const struct door *door = doors->list; door != NULL; door = door->next)
        *out++ = (struct worker_door){door->fds[worker], door->local, door->listener};
}

/* Between two updates none is marked as wanted. */
void doors_clear(struct doors *doors)
{
    forget_unwanted(doors);
}
