/* maildir.c: tmp/, fsync, rename to new/, fsync of the directory; the envelope's text is left to trace.c. */
#include "sink/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sink/trace.h"

enum { TMP, NEW, CUR, ENVELOPES, FOLDERS };

static const char *const folder_names[FOLDERS] = {"tmp", "new", "cur", "envelopes"};

struct maildir {
    struct sink_store store;
    struct world *world;
    bool raw;
    uint64_t sequence;
    int folders[FOLDERS]; /* descriptors; -1: not opened */
};

#define LETTER_BUFFER 65536

struct sink_letter {
    int fd;
    int error; /* the first negative errno, or 0 */
    bool convert;
    bool after_cr;
    bool sidecar; /* envelopes/NAME.json exists */
    size_t held;
    char name[160];
    char buffer[LETTER_BUFFER];
};

static struct maildir *self(struct sink_store *store)
{
    return (struct maildir *)store;
}

static int write_all(int fd, const char *from, size_t len)
{
    while (len != 0) {
        ssize_t n = write(fd, from, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        from += n;
        len -= (size_t)n;
    }
    return 0;
}

static void flush(struct sink_letter *letter)
{
    if (letter->error == 0)
        letter->error = write_all(letter->fd, letter->buffer, letter->held);
    letter->held = 0;
}

static void add(struct sink_letter *letter, struct span s)
{
    while (s.len != 0) {
        size_t n = LETTER_BUFFER - letter->held;
        if (n > s.len)
            n = s.len;
        memcpy(letter->buffer + letter->held, s.ptr, n);
        letter->held += n;
        s = span_skip(s, n);
        if (letter->held == LETTER_BUFFER)
            flush(letter);
    }
}

/* CRLF becomes LF; a CR at the end of a piece waits for what follows it. */
static void add_lines(struct sink_letter *letter, struct span s)
{
    while (s.len != 0) {
        const char *cr = memchr(s.ptr, '\r', s.len);
        size_t n = cr != NULL ? (size_t)(cr - s.ptr) : s.len;
        if (letter->after_cr && s.ptr[0] != '\n')
            add(letter, SPAN("\r"));
        letter->after_cr = cr != NULL;
        add(letter, span_first(s, n));
        s = span_skip(s, cr != NULL ? n + 1 : n);
    }
}

static int sync_folder(const struct maildir *maildir, int folder)
{
    return fsync(maildir->folders[folder]) == 0 ? 0 : -errno;
}

/* time.MmicrosPpidQsequence.host, with what may not stand in a file name replaced. */
static void name_letter(struct maildir *maildir, struct sink_letter *letter, struct span hostname)
{
    uint64_t wall = maildir->world->ops->wall(maildir->world);
    int n = snprintf(letter->name, sizeof(letter->name), "%llu.M%lluP%ldQ%llu.",
                     (unsigned long long)(wall / 1000), (unsigned long long)(wall % 1000 * 1000),
                     (long)getpid(), (unsigned long long)++maildir->sequence);
    size_t at = (size_t)n;

    for (size_t i = 0; i < hostname.len && at < 150; i++) {
        letter->name[at] = hostname.ptr[i];
        if (letter->name[at] == '/' || letter->name[at] == ':')
            letter->name[at] = '_';
        at++;
    }
    letter->name[at] = '\0';
}

static void sidecar_name(const struct sink_letter *letter, char *to, size_t size)
{
    int n = snprintf(to, size, "%s.json", letter->name);

    (void)n; /* names are shorter than size by construction */
}

static int write_sidecar(struct maildir *maildir, struct sink_letter *letter, struct span json)
{
    char name[NAME_MAX];
    int fd, error;

    sidecar_name(letter, name, sizeof(name));
    fd = openat(maildir->folders[ENVELOPES], name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    letter->sidecar = true;
    error = write_all(fd, json.ptr, json.len);
    if (error == 0 && fsync(fd) != 0)
        error = -errno;
    close(fd);
    return error != 0 ? error : sync_folder(maildir, ENVELOPES);
}

static void discard(struct maildir *maildir, struct sink_letter *letter)
{
    char name[NAME_MAX];

    if (letter->fd >= 0) {
        close(letter->fd);
        unlinkat(maildir->folders[TMP], letter->name, 0);
    }
    if (letter->sidecar) {
        sidecar_name(letter, name, sizeof(name));
        unlinkat(maildir->folders[ENVELOPES], name, 0);
    }
    mem_free(letter);
}

static int write_envelope(struct maildir *maildir, struct sink_letter *letter,
                          const struct sink_envelope *envelope)
{
    struct trace trace = {0};
    int error = 0;

    if (maildir->raw)
        trace_json(&trace, envelope);
    else
        trace_fields(&trace, envelope, span_str(letter->name), maildir->world->ops->wall(maildir->world));
    if (trace.failed)
        error = -ENOMEM;
    else if (maildir->raw)
        error = write_sidecar(maildir, letter, span_of(trace.ptr, trace.len));
    else
        add(letter, span_of(trace.ptr, trace.len));
    mem_free(trace.ptr);
    return error;
}

static struct sink_letter *maildir_begin(struct sink_store *store, const struct sink_envelope *envelope)
{
    struct maildir *maildir = self(store);
    struct sink_letter *letter = mem_alloc(sizeof(*letter));

    if (letter == NULL)
        return NULL;
    letter->convert = !maildir->raw && !envelope->binary;
    name_letter(maildir, letter, envelope->hostname);
    letter->fd = openat(maildir->folders[TMP], letter->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (letter->fd < 0 || write_envelope(maildir, letter, envelope) != 0) {
        discard(maildir, letter);
        return NULL;
    }
    return letter;
}

static int maildir_write(struct sink_store *store, struct sink_letter *letter, struct span content)
{
    (void)store;
    if (letter->convert)
        add_lines(letter, content);
    else
        add(letter, content);
    return letter->error;
}

static void maildir_abort(struct sink_store *store, struct sink_letter *letter)
{
    discard(self(store), letter);
}

static int maildir_commit(struct sink_store *store, struct sink_letter *letter)
{
    struct maildir *maildir = self(store);
    int error;

    if (letter->after_cr)
        add(letter, SPAN("\r"));
    flush(letter);
    if (letter->error == 0 && fsync(letter->fd) != 0)
        letter->error = -errno;
    if (letter->error == 0 &&
        renameat(maildir->folders[TMP], letter->name, maildir->folders[NEW], letter->name) != 0)
        letter->error = -errno;
    error = letter->error;
    if (error != 0) {
        discard(maildir, letter);
        return error;
    }
    error = sync_folder(maildir, NEW);
    if (error != 0) { /* not known to be durable, so it must not be there either */
        unlinkat(maildir->folders[NEW], letter->name, 0);
        discard(maildir, letter);
        return error;
    }
    close(letter->fd);
    mem_free(letter);
    return 0;
}

static const struct sink_store_ops maildir_ops = {
    .begin = maildir_begin, .write = maildir_write, .commit = maildir_commit, .abort = maildir_abort};

/* A descriptor of base/name, made if missing; -1 with errno set. */
static int open_folder(int base, const char *name)
{
    if (mkdirat(base, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool open_folders(struct maildir *maildir, const char *path)
{
    int base = open_folder(AT_FDCWD, path);
    bool good = base >= 0;

    for (int i = 0; good && i < FOLDERS; i++) {
        if (i == ENVELOPES && !maildir->raw)
            continue;
        maildir->folders[i] = open_folder(base, folder_names[i]);
        good = maildir->folders[i] >= 0;
    }
    if (good)
        good = fsync(base) == 0;
    if (base >= 0)
        close(base);
    return good;
}

struct maildir *maildir_open(const char *path, bool raw, struct world *world)
{
    struct maildir *maildir = mem_alloc(sizeof(*maildir));

    if (maildir == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    *maildir =
        (struct maildir){.store.ops = &maildir_ops, .world = world, .raw = raw, .folders = {-1, -1, -1, -1}};
    if (!open_folders(maildir, path)) {
        int error = errno;
        maildir_close(maildir);
        errno = error;
        return NULL;
    }
    return maildir;
}

void maildir_close(struct maildir *maildir)
{
    if (maildir == NULL)
        return;
    for (int i = 0; i < FOLDERS; i++)
        if (maildir->folders[i] >= 0)
            close(maildir->folders[i]);
    mem_free(maildir);
}

struct sink_store *maildir_store(struct maildir *maildir)
{
    return &maildir->store;
}
