/* log_target.c: stderr, a file or the system log, never waited for; collecting lines is left to logger.c. */
#include "net/log_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum kind { KIND_FILE, KIND_PIPE, KIND_SOCKET, KIND_SYSTEM };

/* The descriptor's number never changes: another file is put behind it by dup3(), so that no thread has to be
 * told. */
struct log_target {
    int fd;
    _Atomic(enum kind) kind;
    bool is_stderr; /* of interest to the thread that reopens only */
};

static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

static enum kind kind_of(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return KIND_PIPE;
    return S_ISREG(status.st_mode) ? KIND_FILE : S_ISSOCK(status.st_mode) ? KIND_SOCKET : KIND_PIPE;
}

/* A description of our own, so that not waiting does not spread to others who share stderr. What cannot be
 * opened again is used as it is. */
static int open_stderr(enum kind *kind)
{
    int fd = -1;

    *kind = kind_of(STDERR_FILENO);
    if (*kind == KIND_PIPE)
        fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    return fd >= 0 ? fd : -errno;
}

/* Not waiting matters where the path names a pipe: neither for a reader now nor for its reading later. */
static int open_path(const char *path, enum kind *kind)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);

    if (fd < 0)
        return -errno;
    *kind = kind_of(fd);
    return fd;
}

static int connect_system(int fd)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
}

static int open_system(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0)
        return -errno;
    error = connect_system(fd);
    if (error != 0) {
        close(fd);
        return error;
    }
    return fd;
}

static bool means_stderr(const char *to)
{
    return to == NULL || strcmp(to, "stderr") == 0;
}

static int open_kind(const char *to, enum kind *kind)
{
    if (means_stderr(to))
        return open_stderr(kind);
    if (strcmp(to, "syslog") == 0) {
        *kind = KIND_SYSTEM;
        return open_system();
    }
    return open_path(to, kind);
}

struct log_target *log_target_open(const char *to, int *error)
{
    struct log_target *target = mem_alloc(sizeof(*target));
    enum kind kind = KIND_FILE;

    *error = -ENOMEM;
    if (target == NULL)
        return NULL;
    *error = target->fd = open_kind(to, &kind);
    if (target->fd < 0) {
        mem_free(target);
        return NULL;
    }
    target->kind = kind;
    target->is_stderr = means_stderr(to);
    *error = 0;
    return target;
}

/* stderr cannot move, and with other rights than at the start it might not be opened again. */
int log_target_reopen(struct log_target *target, const char *to)
{
    enum kind kind = KIND_FILE;
    int error = 0;
    int fd;

    if (target->is_stderr && means_stderr(to))
        return 0;
    fd = open_kind(to, &kind);
    if (fd < 0)
        return fd;
    if (dup3(fd, target->fd, O_CLOEXEC) < 0) {
        error = -errno;
    } else {
        target->kind = kind;
        target->is_stderr = means_stderr(to);
    }
    close(fd);
    return error;
}

void log_target_close(struct log_target *target)
{
    if (target == NULL)
        return;
    close(target->fd);
    mem_free(target);
}

bool log_target_takes_many(const struct log_target *target)
{
    return target->kind != KIND_SYSTEM;
}

/* Whole lines from the head of s, at most max octets unless the first line is longer. */
static struct span some_lines(struct span s, size_t max)
{
    const char *end;

    if (s.len <= max)
        return s;
    end = memrchr(s.ptr, '\n', max);
    if (end == NULL)
        end = memchr(s.ptr, '\n', s.len);
    return end != NULL ? span_first(s, (size_t)(end - s.ptr) + 1) : s;
}

/* A datagram as syslog(3) would send it, RFC 3164 4.1; syslog(3) itself may wait for the reader. A system log
 * that was restarted has to be connected to again. */
static long send_system(int fd, enum log_level level, struct span line)
{
    char bytes[8192];
    struct text text = TEXT(bytes);
    char stamp[32];
    struct tm tm;
    time_t now = time(NULL);
    ssize_t n;

    localtime_r(&now, &tm);
    (void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
    text_format(&text, "<%d>%s postern[%d]: ", LOG_MAIL | priorities[level], stamp, (int)getpid());
    text_add(&text, span_first(line, line.len - 1));
    n = send(fd, text.ptr, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == ECONNREFUSED || errno == ENOTCONN) && connect_system(fd) == 0)
        n = send(fd, text.ptr, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 ? -1 : (long)line.len;
}

static long hand_over(struct log_target *target, enum log_level level, struct span lines)
{
    const enum kind kind = target->kind;

    switch (kind) {
    case KIND_FILE:
        return write(target->fd, lines.ptr, lines.len);
    case KIND_PIPE: /* takes PIPE_BUF octets whole or not at all: lines of several threads do not mix */
        lines = some_lines(lines, PIPE_BUF);
        return write(target->fd, lines.ptr, lines.len);
    case KIND_SOCKET:
        return send(target->fd, lines.ptr, lines.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    case KIND_SYSTEM:
        return send_system(target->fd, level, some_lines(lines, 0));
    }
    return 0;
}

long log_target_write(struct log_target *target, enum log_level level, struct span lines)
{
    size_t taken = 0;

    while (taken < lines.len) {
        long n = hand_over(target, level, span_skip(lines, taken));
        if (n < 0 && taken == 0)
            return -errno;
        if (n <= 0)
            break;
        taken += (size_t)n;
    }
    return (long)taken;
}
