/* short.c: preloaded into a program, lets its sockets read and write a few octets at a time, and now and then
 * nothing at all because of a signal. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST        7 /* octets at once */
#define INTERRUPTED 5 /* every so many calls */

#define EXPORT __attribute__((visibility("default")))

static atomic_uint calls;

/* Octets that may be moved now; 0: interrupted. */
static size_t portion(size_t len)
{
    unsigned n = atomic_fetch_add(&calls, 1);
    size_t most = n % MOST + 1;

    if (n % INTERRUPTED == 0)
        return 0;
    return len < most ? len : most;
}

static int is_socket(int fd)
{
    int type;
    socklen_t len = sizeof(type);
    int kept = errno;
    int result = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;

    errno = kept;
    return result;
}

static ssize_t interrupted(void)
{
    errno = EINTR;
    return -1;
}

EXPORT ssize_t read(int fd, void *to, size_t len)
{
    static _Atomic(ssize_t(*)(int, void *, size_t)) real;

    if (real == NULL)
        real = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    if (len > 1 && is_socket(fd)) {
        len = portion(len);
        if (len == 0)
            return interrupted();
    }
    return real(fd, to, len);
}

EXPORT ssize_t write(int fd, const void *from, size_t len)
{
    static _Atomic(ssize_t(*)(int, const void *, size_t)) real;

    if (real == NULL)
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (len > 1 && is_socket(fd)) {
        len = portion(len);
        if (len == 0)
            return interrupted();
    }
    return real(fd, from, len);
}

/* A vector may always be written in part: here, the first of it. */
EXPORT ssize_t writev(int fd, const struct iovec *vector, int count)
{
    static _Atomic(ssize_t(*)(int, const struct iovec *, int)) real;

    if (real == NULL)
        real = (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
    return count > 0 && is_socket(fd) ? write(fd, vector[0].iov_base, vector[0].iov_len)
                                      : real(fd, vector, count);
}
