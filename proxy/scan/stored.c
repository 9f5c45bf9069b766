/* stored.c: maps files; what has no size is copied into one first. Messages are left to mailbox.c. */
#include "scan/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_OCTETS        65536
#define KEPT_OCTETS        1048576
#define FALLBACK_DIRECTORY "/var/tmp"

/* An empty file that nobody else sees; a negative errno. */
static int open_temporary(void)
{
    const char *directory = secure_getenv("TMPDIR");
    char path[4096];
    int fd;

    if (directory == NULL || *directory == '\0')
        directory = FALLBACK_DIRECTORY;
    if (snprintf(path, sizeof(path), "%s/postern-XXXXXX", directory) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)unlink(path);
    return fd;
}

static int write_all(int fd, const char *octets, size_t len)
{
    while (len != 0) {
        ssize_t n = write(fd, octets, len);
        if (n < 0 && errno != EINTR)
            return -errno;
        octets += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int copy(int from, int to)
{
    static char octets[COPY_OCTETS];

    for (;;) {
        ssize_t n = read(from, octets, sizeof(octets));
        int error = n > 0 ? write_all(to, octets, (size_t)n) : 0;
        if (n == 0 || error != 0)
            return error;
        if (n < 0 && errno != EINTR)
            return -errno;
    }
}

static int map(struct stored *stored, int fd, size_t len)
{
    void *octets = len != 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;

    if (octets == MAP_FAILED) /* NOLINT(performance-no-int-to-ptr): it is the library's */
        return -errno;
    *stored = (struct stored){.octets = octets != NULL ? span_of(octets, len) : SPAN(""), .open = true};
    return 0;
}

static int map_copy(struct stored *stored, int fd)
{
    int temporary = open_temporary(), error;
    struct stat status;

    if (temporary < 0)
        return temporary;
    error = copy(fd, temporary);
    if (error == 0)
        error = fstat(temporary, &status) == 0 ? map(stored, temporary, (size_t)status.st_size) : -errno;
    (void)close(temporary);
    return error;
}

static int map_file(struct stored *stored, int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    if (!S_ISREG(status.st_mode) || status.st_size == 0) /* those of /proc say that they are empty */
        return map_copy(stored, fd);
    return map(stored, fd, (size_t)status.st_size);
}

int stored_open(struct stored *stored, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), error;

    if (fd < 0)
        return -errno;
    error = map_file(stored, fd);
    if (!standard)
        (void)close(fd);
    return error;
}

void stored_close(struct stored *stored)
{
    if (stored->octets.len != 0)
        (void)munmap((void *)stored->octets.ptr, stored->octets.len);
    *stored = (struct stored){.open = false};
}

void stored_advance(const char **kept, const char *at)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), before;
    const char *begin;

    if (*kept == NULL || at - *kept < KEPT_OCTETS)
        return;
    before = (uintptr_t)*kept % page;
    begin = before != 0 ? *kept + (page - before) : *kept;
    at -= (uintptr_t)at % page;
    (void)madvise((void *)begin, (size_t)(at - begin), MADV_DONTNEED);
    *kept = at;
}
