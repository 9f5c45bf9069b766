/* spool.c: bytes set aside in an unlinked temporary file; when to use one is left to the session core. */
#include "net/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define FALLBACK_DIRECTORY "/var/tmp"

struct spool_file {
    int fd;
    uint64_t length;
};

/* For file systems without O_TMPFILE: the name exists for a moment only. */
static int open_named(const char *directory)
{
    char path[4096];
    int fd;

    if (snprintf(path, sizeof(path), "%s/postern-XXXXXX", directory) >= (int)sizeof(path))
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static int open_unlinked(void)
{
    const char *directory = secure_getenv("TMPDIR");
    int fd;

    if (directory == NULL || *directory == '\0')
        directory = FALLBACK_DIRECTORY;
    fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        fd = open_named(directory);
    return fd;
}

struct spool_file *spool_open(void)
{
    struct spool_file *file = mem_alloc(sizeof(*file));

    if (file == NULL)
        return NULL;
    file->fd = open_unlinked();
    if (file->fd < 0) {
        mem_free(file);
        return NULL;
    }
    return file;
}

int spool_write(struct spool_file *file, struct span s)
{
    while (s.len > 0) {
        ssize_t n = pwrite(file->fd, s.ptr, s.len, (off_t)file->length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        file->length += (uint64_t)n;
        s = span_skip(s, (size_t)n);
    }
    return 0;
}

long spool_read(struct spool_file *file, uint64_t offset, char *to, size_t len)
{
    ssize_t n;

    do
        n = pread(file->fd, to, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

void spool_close(struct spool_file *file)
{
    close(file->fd);
    mem_free(file);
}
