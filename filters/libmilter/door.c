/* door.c: opens the socket that a filter listens on, and takes it away. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters/libmilter/endpoint.h"
#include "filters/libmilter/say.h"

static const char *path_of(const struct endpoint *endpoint)
{
    return endpoint->address.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&endpoint->address)->sun_path
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

static int bind_socket(int fd, const struct endpoint *endpoint, int backlog)
{
    int on = 1;

    if (path_of(endpoint) == NULL && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->len) != 0)
        return -1;
    return listen(fd, backlog);
}

static int open_socket(const struct endpoint *endpoint, int backlog, bool clear)
{
    int fd;

    if (endpoint->inherited >= 0)
        return fcntl(endpoint->inherited, F_SETFD, FD_CLOEXEC) == 0 &&
                       listen(endpoint->inherited, backlog) == 0
                   ? endpoint->inherited
                   : -1;
    if (clear && path_of(endpoint) != NULL && clear_path(path_of(endpoint)) != 0)
        return -1;
    fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind_socket(fd, endpoint, backlog) != 0) {
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
    struct endpoint endpoint;
    const char *error = endpoint_parse(conn, &endpoint);

    if (error != NULL) {
        say(filter, LOG_ERR, "%s: %s", conn, error);
        return -1;
    }
    *door = (struct door){.fd = open_socket(&endpoint, backlog, clear)};
    if (door->fd < 0) {
        say(filter, LOG_ERR, "cannot listen on %s: %s", conn, strerror(errno));
        return -1;
    }
    if (path_of(&endpoint) != NULL)
        note_path(door, path_of(&endpoint));
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
