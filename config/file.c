/* file.c: reads whole files; what is in them is left to others. */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

#define FIRST_OCTETS 4096

/* Reads to the end into a growing block, which is the caller's even on failure. */
static int read_all(int fd, char **bytes, size_t *len)
{
    size_t size = 0;

    for (;;) {
        ssize_t n;

        if (*len == size) {
            char *grown = mem_resize(*bytes, size == 0 ? FIRST_OCTETS : size * 2);
            if (grown == NULL)
                return -ENOMEM;
            *bytes = grown;
            size = size == 0 ? FIRST_OCTETS : size * 2;
        }
        n = read(fd, *bytes + *len, size - *len);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        *len += n > 0 ? (size_t)n : 0;
        if (*len > FILE_OCTETS_MAX)
            return -EFBIG;
    }
}

int file_read(const char *path, struct arena *arena, struct span *out)
{
    char *bytes = NULL;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    rc = read_all(fd, &bytes, &len);
    (void)close(fd);
    if (rc == 0) {
        *out = arena_copy(arena, span_of(bytes, len));
        rc = out->ptr == NULL ? -ENOMEM : 0;
    }
    mem_free(bytes);
    return rc;
}

const char *file_beside(const char *directory, const char *path, struct arena *arena)
{
    size_t size = strlen(directory) + strlen(path) + 2;
    char *joined;

    if (path[0] == '/')
        return path;
    joined = arena_alloc(arena, size);
    if (joined != NULL)
        (void)snprintf(joined, size, "%s/%s", directory, path);
    return joined;
}

const char *file_directory(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    return arena_copy(arena, span_of(path, (size_t)(slash - path))).ptr;
}
