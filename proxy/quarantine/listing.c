/* listing.c: reads the directory; a message is there when both its files are. */
#include "quarantine/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "quarantine/quarantine_private.h"

/* The id before the suffix, NUL-terminated; false: the name is none of ours. */
static bool split(const char *name, const char *suffix, char id[static QUARANTINE_ID_MAX + 1])
{
    size_t len = strlen(name), end = strlen(suffix);

    if (len <= end || len - end > QUARANTINE_ID_MAX || strcmp(name + len - end, suffix) != 0)
        return false;
    memcpy(id, name, len - end);
    id[len - end] = '\0';
    return quarantine_is_id(span_str(id));
}

int listing_walk(int directory, const char *suffix, void (*found)(void *owner, const char *id), void *owner)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *file;
    char id[QUARANTINE_ID_MAX + 1];
    int error;

    if (folder == NULL) {
        error = -errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    for (errno = 0; (file = readdir(folder)) != NULL; errno = 0)
        if (split(file->d_name, suffix, id))
            found(owner, id);
    error = -errno;
    closedir(folder);
    return error;
}

struct reading {
    struct listing *listing;
    int directory;
    int error;
};

static struct listed *grow(struct listing *listing)
{
    size_t size = listing->size != 0 ? 2 * listing->size : 64;
    struct listed *items;

    if (listing->count == listing->size) {
        items = mem_resize(listing->items, size * sizeof(*items));
        if (items == NULL)
            return NULL;
        listing->items = items;
        listing->size = size;
    }
    return &listing->items[listing->count];
}

static void add(void *owner, const char *id)
{
    struct reading *reading = owner;
    struct listed *item = grow(reading->listing);
    char name[QUARANTINE_NAME_MAX];
    struct stat octets, facts;

    if (item == NULL) {
        reading->error = -ENOMEM;
        return;
    }
    quarantine_name(name, id, QUARANTINE_OCTETS);
    if (fstatat(reading->directory, name, &octets, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    quarantine_name(name, id, QUARANTINE_FACTS);
    if (fstatat(reading->directory, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    *item = (struct listed){.octets = (uint64_t)octets.st_size,
                            .facts = (uint64_t)facts.st_size,
                            .time = (uint64_t)octets.st_mtim.tv_sec};
    memcpy(item->id, id, strlen(id) + 1);
    reading->listing->count++;
}

/* Ids begin with the time. */
static int by_id(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;

    return strcmp(a->id, b->id);
}

int listing_read(struct listing *listing, struct quarantine *quarantine)
{
    struct reading reading = {listing, quarantine->directory, 0};
    int error = listing_walk(quarantine->directory, QUARANTINE_OCTETS, add, &reading);

    if (error == 0)
        error = reading.error;
    if (listing->count != 0)
        qsort(listing->items, listing->count, sizeof(*listing->items), by_id);
    return error;
}

void listing_free(struct listing *listing)
{
    mem_free(listing->items);
    *listing = (struct listing){0};
}
