/* entry.c: one message in the quarantine. The octets' file is never replaced: its lock is the message's. */
#include "quarantine/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "quarantine/file.h"
#include "quarantine/quarantine_private.h"

#define FACTS_OCTETS_MAX ((size_t)64 << 20) /* more than the recipients of one message can fill */

/* Both files exist. */
static int look(struct entry *entry)
{
    char name[QUARANTINE_NAME_MAX];
    struct stat octets, facts;

    quarantine_name(name, entry->id, QUARANTINE_FACTS);
    if (fstat(entry->file, &octets) != 0 ||
        fstatat(entry->quarantine->directory, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return -errno;
    entry->octets = (uint64_t)octets.st_size;
    entry->facts = (uint64_t)facts.st_size;
    return 0;
}

int entry_open(struct entry *entry, struct quarantine *quarantine, struct span id)
{
    char name[QUARANTINE_NAME_MAX];
    int error;

    *entry = (struct entry){.quarantine = quarantine};
    if (!quarantine_is_id(id))
        return -ENOENT;
    memcpy(entry->id, id.ptr, id.len);
    quarantine_name(name, entry->id, QUARANTINE_OCTETS);
    entry->file = openat(quarantine->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (entry->file < 0)
        return -errno;
    error = look(entry);
    if (error != 0)
        close(entry->file);
    return error;
}

void entry_close(struct entry *entry)
{
    close(entry->file);
}

int entry_lock(struct entry *entry)
{
    int error = file_lock(entry->file);

    return error != 0 ? error : look(entry);
}

long entry_read(const struct entry *entry, uint64_t offset, char *to, size_t len)
{
    ssize_t n;

    do
        n = pread(entry->file, to, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* --- facts ---------------------------------------------------------------------------------------------- */

/* The whole file. *octets is the caller's, to be freed with mem_free(). */
static int read_whole(int fd, char **octets, size_t *len)
{
    struct stat status;
    size_t size, at = 0;
    ssize_t n = 1;

    if (fstat(fd, &status) != 0)
        return -errno;
    size = (size_t)status.st_size;
    if (size > FACTS_OCTETS_MAX)
        return -EFBIG;
    *octets = mem_alloc(size + 1);
    if (*octets == NULL)
        return -ENOMEM;
    while (at < size && n != 0) {
        n = read(fd, *octets + at, size - at);
        if (n < 0 && errno != EINTR) {
            int error = -errno;
            mem_free(*octets);
            return error;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    *len = at;
    return 0;
}

int entry_facts(const struct entry *entry, struct facts_file *facts)
{
    char name[QUARANTINE_NAME_MAX], *octets = NULL;
    size_t len = 0;
    int fd, error;

    quarantine_name(name, entry->id, QUARANTINE_FACTS);
    fd = openat(entry->quarantine->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    error = read_whole(fd, &octets, &len);
    close(fd);
    if (error != 0)
        return error;
    error = facts_open(facts, span_of(octets, len));
    mem_free(octets);
    return error;
}

static int replace(const struct entry *entry, const char *name, struct span json)
{
    const struct quarantine *quarantine = entry->quarantine;
    int fd = file_create(quarantine->tmp, name);
    int error;

    if (fd < 0)
        return fd;
    error = file_write(fd, json);
    if (error == 0)
        error = file_sync(fd);
    if (error == 0 && renameat(quarantine->tmp, name, quarantine->directory, name) != 0)
        error = -errno;
    if (error != 0)
        (void)unlinkat(quarantine->tmp, name, 0);
    close(fd);
    return error != 0 ? error : file_sync(quarantine->directory);
}

int entry_replace_facts(struct entry *entry, const struct facts *facts)
{
    char name[QUARANTINE_NAME_MAX];
    size_t len;
    char *json = facts_print(facts, false, &len);
    int error;

    if (json == NULL)
        return -ENOMEM;
    quarantine_name(name, entry->id, QUARANTINE_FACTS);
    error = replace(entry, name, span_of(json, len));
    mem_free(json);
    return error;
}

int entry_remove(struct entry *entry)
{
    static const char *const suffixes[] = {QUARANTINE_FACTS, QUARANTINE_OCTETS}; /* in this order */
    int directory = entry->quarantine->directory;
    char name[QUARANTINE_NAME_MAX];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
        quarantine_name(name, entry->id, suffixes[i]);
        if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
            return -errno;
    }
    quarantine_credit(entry->quarantine, entry->octets + entry->facts);
    return file_sync(directory);
}
