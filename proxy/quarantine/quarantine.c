/* quarantine.c: opens the directory, keeps account of it and removes what is too old or left over. What is
 * written is left to draft.c, what is there to entry.c and listing.c. */
#include "quarantine/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "quarantine/entry.h"
#include "quarantine/file.h"
#include "quarantine/listing.h"
#include "quarantine/quarantine_private.h"

/* --- names ---------------------------------------------------------------------------------------------- */

bool quarantine_is_id(struct span id)
{
    if (id.len == 0 || id.len > QUARANTINE_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if ((id.ptr[i] < '0' || id.ptr[i] > '9') && (id.ptr[i] < 'A' || id.ptr[i] > 'Z'))
            return false;
    return true;
}

void quarantine_name(char name[static QUARANTINE_NAME_MAX], const char *id, const char *suffix)
{
    (void)snprintf(name, QUARANTINE_NAME_MAX, "%s%s", id, suffix);
}

/* --- the account ---------------------------------------------------------------------------------------- */

static uint64_t seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec;
}

/* Others may have removed messages: postern quarantine, an administrator. */
static void count(struct quarantine *quarantine)
{
    struct listing listing = {0};
    uint64_t octets = 0;

    quarantine->counted = seconds();
    if (listing_read(&listing, quarantine) == 0) {
        for (size_t i = 0; i < listing.count; i++)
            octets += listing.items[i].octets + listing.items[i].facts;
        quarantine->octets = octets;
        quarantine->messages = listing.count;
    }
    listing_free(&listing);
}

static bool over(uint64_t bound, uint64_t kept, uint64_t draft, uint64_t more)
{
    return bound != 0 && more != 0 && kept + draft + more > bound;
}

static bool full(const struct quarantine *quarantine, uint64_t octets, uint64_t messages)
{
    return over(quarantine->bounds.octets, quarantine->octets, quarantine->draft_octets, octets) ||
           over(quarantine->bounds.messages, quarantine->messages, quarantine->draft_messages, messages);
}

int quarantine_charge(struct quarantine *quarantine, uint64_t octets, uint64_t messages)
{
    int error = 0;

    pthread_mutex_lock(&quarantine->lock);
    if (full(quarantine, octets, messages) && quarantine->counted != seconds())
        count(quarantine);
    if (full(quarantine, octets, messages)) {
        error = -EDQUOT;
    } else {
        quarantine->draft_octets += octets;
        quarantine->draft_messages += messages;
    }
    pthread_mutex_unlock(&quarantine->lock);
    return error;
}

void quarantine_settle(struct quarantine *quarantine, uint64_t octets, bool kept)
{
    pthread_mutex_lock(&quarantine->lock);
    quarantine->draft_octets -= octets;
    quarantine->draft_messages--;
    if (kept) {
        quarantine->octets += octets;
        quarantine->messages++;
    }
    pthread_mutex_unlock(&quarantine->lock);
}

void quarantine_credit(struct quarantine *quarantine, uint64_t octets)
{
    pthread_mutex_lock(&quarantine->lock);
    quarantine->octets -= octets < quarantine->octets ? octets : quarantine->octets;
    quarantine->messages -= quarantine->messages != 0 ? 1 : 0;
    pthread_mutex_unlock(&quarantine->lock);
}

/* --- tending -------------------------------------------------------------------------------------------- */

static void remove_old(struct quarantine *quarantine)
{
    struct listing listing = {0};
    uint64_t age = quarantine->bounds.retention / 1000, now = seconds();
    bool known = age != 0 && listing_read(&listing, quarantine) == 0;

    for (size_t i = 0; known && i < listing.count && listing.items[i].time + age < now; i++) {
        struct entry entry;
        if (entry_open(&entry, quarantine, span_str(listing.items[i].id)) != 0)
            continue;
        if (entry_lock(&entry) == 0)
            (void)entry_remove(&entry);
        entry_close(&entry);
    }
    listing_free(&listing);
}

struct leftovers {
    int directory;
    const char *suffix; /* of the files looked at */
    const char *other;  /* what is left over has no such file beside it; NULL: all of them are */
};

static void remove_leftover(void *owner, const char *id)
{
    const struct leftovers *leftovers = owner;
    char name[QUARANTINE_NAME_MAX], other[QUARANTINE_NAME_MAX];

    quarantine_name(name, id, leftovers->suffix);
    if (leftovers->other != NULL)
        quarantine_name(other, id, leftovers->other);
    (void)file_remove_idle(leftovers->directory, name, leftovers->other != NULL ? other : NULL);
}

static int remove_leftovers(struct quarantine *quarantine)
{
    struct leftovers all[] = {
        {quarantine->tmp, QUARANTINE_OCTETS, NULL},
        {quarantine->tmp, QUARANTINE_FACTS, NULL},
        {quarantine->directory, QUARANTINE_OCTETS, QUARANTINE_FACTS},
        {quarantine->directory, QUARANTINE_FACTS, QUARANTINE_OCTETS},
    };
    int error = 0;

    for (size_t i = 0; error == 0 && i < sizeof(all) / sizeof(*all); i++)
        error = listing_walk(all[i].directory, all[i].suffix, remove_leftover, &all[i]);
    return error;
}

static int tend(struct quarantine *quarantine)
{
    int error;

    if (pthread_mutex_trylock(&quarantine->tending) != 0)
        return -EALREADY;
    remove_old(quarantine);
    error = remove_leftovers(quarantine);
    pthread_mutex_lock(&quarantine->lock);
    count(quarantine);
    pthread_mutex_unlock(&quarantine->lock);
    pthread_mutex_unlock(&quarantine->tending);
    return error;
}

/* --- opening -------------------------------------------------------------------------------------------- */

/* The descriptor of base/name, made if missing, or a negative errno. */
static int open_folder(int base, const char *name)
{
    int fd;

    if (mkdirat(base, name, 0700) != 0 && errno != EEXIST)
        return -errno;
    fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/* Also what was made here is to be there after a crash. */
static int open_folders(struct quarantine *quarantine)
{
    int directory = open_folder(AT_FDCWD, quarantine->bounds.directory);
    int tmp = directory >= 0 ? open_folder(directory, QUARANTINE_TMP) : directory;
    int error = tmp < 0 ? tmp : file_sync(directory);

    if (error == 0) {
        quarantine->directory = directory;
        quarantine->tmp = tmp;
        return 0;
    }
    if (directory >= 0)
        close(directory);
    if (tmp >= 0)
        close(tmp);
    return error;
}

/* 1: it has been opened just now, 0: before. */
static int open_once(struct quarantine *quarantine)
{
    int result = 0;

    pthread_mutex_lock(&quarantine->lock);
    if (quarantine->directory < 0) {
        result = open_folders(quarantine);
        result = result == 0 ? 1 : result;
    }
    pthread_mutex_unlock(&quarantine->lock);
    return result;
}

int quarantine_open(struct quarantine *quarantine)
{
    int result = open_once(quarantine);

    if (result == 1)
        result = tend(quarantine);
    return result == -EALREADY ? 0 : result;
}

int quarantine_tend(struct quarantine *quarantine)
{
    int result = open_once(quarantine);

    return result < 0 ? result : tend(quarantine);
}

struct quarantine *quarantine_new(const struct quarantine_bounds *bounds)
{
    struct quarantine *quarantine = mem_alloc(sizeof(*quarantine));
    char *path = mem_copy(span_str(bounds->directory));

    if (quarantine == NULL || path == NULL) {
        mem_free(quarantine);
        mem_free(path);
        return NULL;
    }
    *quarantine = (struct quarantine){.bounds = *bounds, .path = path, .directory = -1, .tmp = -1};
    quarantine->bounds.directory = path;
    atomic_init(&quarantine->references, 1);
    pthread_mutex_init(&quarantine->lock, NULL);
    pthread_mutex_init(&quarantine->tending, NULL);
    return quarantine;
}

struct quarantine *quarantine_ref(struct quarantine *quarantine)
{
    atomic_fetch_add(&quarantine->references, 1);
    return quarantine;
}

void quarantine_unref(struct quarantine *quarantine)
{
    if (quarantine == NULL || atomic_fetch_sub(&quarantine->references, 1) != 1)
        return;
    if (quarantine->directory >= 0) {
        close(quarantine->directory);
        close(quarantine->tmp);
    }
    pthread_mutex_destroy(&quarantine->lock);
    pthread_mutex_destroy(&quarantine->tending);
    mem_free(quarantine->path);
    mem_free(quarantine);
}
