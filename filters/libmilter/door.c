/* door.c: opens the socket that a filter listens on, and takes it away. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters/libmilter/inlet.h"
#include "filters/libmilter/say.h"

static const char *path_of(const struct inlet *inlet)
{
    return inlet->address.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&inlet->address)->sun_path
                                               : NULL;
}

/* Only a socket is removed, nothing else that may have the name. */
static int clear_path(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISSOCK(status.st_mode)) {
        errno = ENOTSOCK;
        return -1;
    }
    return unlink(path);
}

static int bind_socket(int fd, const struct inlet *inlet, int backlog)
{
    int on = 1;

    if (path_of(inlet) == NULL && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&inlet->address, inlet->len) != 0)
        return -1;
    return listen(fd, backlog);
}

static int open_socket(const struct inlet *inlet, int backlog, bool clear)
{
    int fd;

    if (inlet->inherited >= 0)
        return fcntl(inlet->inherited, F_SETFD, FD_CLOEXEC) == 0 && listen(inlet->inherited, backlog) == 0
                   ? inlet->inherited
                   : -1;
    if (clear && path_of(inlet) != NULL && clear_path(path_of(inlet)) != 0)
        return -1;
    fd = socket(inlet->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind_socket(fd, inlet, backlog) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Remembers which file the socket is. */
static void note_path(struct door *door, const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return;
    memcpy(door->path, path, strlen(path) + 1);
    door->device = status.st_dev;
    door->inode = status.st_ino;
}

int door_open(struct door *door, const struct smfiDesc *filter, const char *conn, int backlog, bool clear)
{
    struct inlet inlet;
    const char *error = inlet_parse(conn, &inlet);

    if (error != NULL) {
        say(filter, LOG_ERR, "%s: %s", conn, error);
        return -1;
    }
    *door = (struct door){.fd = open_socket(&inlet, backlog, clear)};
    if (door->fd < 0) {
        say(filter, LOG_ERR, "cannot listen on %s: %s", conn, strerror(errno));
        return -1;
    }
    if (path_of(&inlet) != NULL)
        note_path(door, path_of(&inlet));
    return 0;
}

void door_close(struct door *door)
{
    struct stat status;

    close(door->fd);
    door->fd = -1;
    if (door->path[0] != '\0' && lstat(door->path, &status) == 0 && status.st_dev == door->device &&
        status.st_ino == door->inode)
        (void)unlink(door->path);
}
