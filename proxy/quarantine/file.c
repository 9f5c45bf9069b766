/* file.c: makes, locks, writes and syncs one file; what is in it is left to draft.c and entry.c. */
#include "quarantine/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock(int fd, int how)
{
    struct stat status;
    int rc;

    do
        rc = flock(fd, how);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &status) != 0)
        return -errno;
    return status.st_nlink == 0 ? -ENOENT : 0;
}

int file_lock(int fd)
{
    return lock(fd, LOCK_EX | LOCK_NB);
}

int file_create(int directory, const char *name)
{
    /* Who tidies up may have found the file before it was locked, and removed it. */
    for (int tries = 0; tries < 10; tries++) {
        int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        int error = fd < 0 ? -errno : lock(fd, LOCK_EX);
        if (error == 0)
            return fd;
        if (fd < 0)
            return error;
        if (error != -ENOENT)
            (void)unlinkat(directory, name, 0);
        close(fd);
        if (error != -ENOENT)
            return error;
    }
    return -EAGAIN;
}

int file_write(int fd, struct span s)
{
    while (s.len != 0) {
        ssize_t n = write(fd, s.ptr, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        s = span_skip(s, (size_t)n);
    }
    return 0;
}

int file_sync(int fd)
{
    return fsync(fd) == 0 ? 0 : -errno;
}

static bool exists(int directory, const char *name)
{
    return name != NULL && faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool file_remove_idle(int directory, const char *name, const char *other)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool removed = false;

    if (fd < 0)
        return false;
    if (!exists(directory, other) && file_lock(fd) == 0 && !exists(directory, other))
        removed = unlinkat(directory, name, 0) == 0;
    close(fd);
    return removed;
}
