/* quarantine_fixture.h: a quarantine in a directory of its own, and a file system that fails when it is told
 * to: the system calls that the quarantine makes pass here, and each can be made to fail, to write less than
 * asked, or to be the last that the process lives to make. */
#ifndef QUARANTINE_FIXTURE_H
#define QUARANTINE_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "quarantine/draft.h"
#include "quarantine/entry.h"
#include "quarantine/listing.h"
#include "quarantine/quarantine.h"
#include "test.h"

/* --- the file system ------------------------------------------------------------------------------------ */

static struct {
    bool on;
    unsigned calls;            /* since it was switched on */
    unsigned at;               /* this call fails; 0: none */
    bool lasting;              /* and all after it */
    int error;                 /* with this; 0: the process dies instead */
    bool stingy;               /* a write takes one octet */
    char made[64];             /* a letter for each call */
    void (*before_lock)(void); /* what another does just then */
} faults;

/* True: the call is to fail, errno is set. */
static bool faulty(char call)
{
    if (!faults.on)
        return false;
    if (faults.calls < sizeof(faults.made) - 1)
        faults.made[faults.calls] = call;
    faults.calls++;
    if (faults.at == 0 || (faults.lasting ? faults.calls < faults.at : faults.calls != faults.at))
        return false;
    if (faults.error == 0)
        _exit(0);
    errno = faults.error;
    return true;
}

int openat(int directory, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    if ((flags & O_CREAT) != 0) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return faulty('o') ? -1 : (int)syscall(SYS_openat, directory, name, flags, mode);
}

ssize_t write(int fd, const void *octets, size_t len)
{
    if (faulty('w'))
        return -1;
    return syscall(SYS_write, fd, octets, faults.on && faults.stingy && len > 1 ? 1 : len);
}

int fsync(int fd)
{
    return faulty('s') ? -1 : (int)syscall(SYS_fsync, fd);
}

int flock(int fd, int how)
{
    if (faults.before_lock != NULL)
        faults.before_lock();
    return faulty('l') ? -1 : (int)syscall(SYS_flock, fd, how);
}

int renameat(int from, const char *old, int to, const char *name)
{
    return faulty('r') ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, 0);
}

int unlinkat(int directory, const char *name, int flags)
{
    return faulty('u') ? -1 : (int)syscall(SYS_unlinkat, directory, name, flags);
}

/* --- the directory -------------------------------------------------------------------------------------- */

static char root[] = "/tmp/postern-quarantine-XXXXXX";
static char directory[64];

static inline void fixture_begin(void)
{
    REQUIRE(mkdtemp(root) != NULL);
    (void)snprintf(directory, sizeof(directory), "%s/q", root);
}

/* The number of files in root/folder, all of which are removed if they are to be. */
static inline unsigned fixture_files(const char *folder, bool removed)
{
    char path[128];
    unsigned count = 0;
    struct dirent *file;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "%s/%s", root, folder);
    dir = opendir(path);
    while (dir != NULL && (file = readdir(dir)) != NULL) {
        if (file->d_type == DT_DIR)
            continue;
        count++;
        if (removed)
            CHECK(unlinkat(dirfd(dir), file->d_name, 0) == 0);
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static inline void fixture_empty(void)
{
    (void)fixture_files("q", true);
    (void)fixture_files("q/tmp", true);
}

static inline void fixture_end(void)
{
    char path[128];

    fixture_empty();
    (void)snprintf(path, sizeof(path), "%s/tmp", directory);
    (void)rmdir(path);
    (void)rmdir(directory);
    CHECK(rmdir(root) == 0);
}

static inline struct quarantine *fixture_quarantine(uint64_t octets, uint64_t messages, uint64_t retention)
{
    const struct quarantine_bounds bounds = {
        .directory = directory, .octets = octets, .messages = messages, .retention = retention};
    struct quarantine *quarantine = quarantine_new(&bounds);

    REQUIRE(quarantine != NULL);
    return quarantine;
}

/* --- messages ------------------------------------------------------------------------------------------- */

#define FIXTURE_CONTENT "Subject: one\r\n\r\nA line.\r\n.\r\nThe last one\r\n"

static inline char *fixture_facts(const char *id, size_t *len)
{
    const struct facts_recipient recipients[] = {
        {.address = SPAN("first@example.net"), .parameters = SPAN("NOTIFY=NEVER")},
        {.address = SPAN("second@example.net"), .given = SPAN("other@example.net")},
    };
    const struct facts facts = {.id = span_str(id),
                                .reverse_path = SPAN(""),
                                .recipients = recipients,
                                .recipient_count = 2,
                                .filter = SPAN("regex"),
                                .size = 42};
    char *json = facts_print(&facts, false, len);

    REQUIRE(json != NULL);
    return json;
}

/* Keeps a message, in two pieces; 0 or a negative errno. */
static inline int fixture_keep(struct quarantine *quarantine, const char *id)
{
    struct draft draft;
    size_t len;
    char *json = fixture_facts(id, &len);
    int error = draft_begin(&draft, quarantine, span_str(id));

    if (error == 0) {
        struct span content = SPAN(FIXTURE_CONTENT);
        error = draft_write(&draft, span_first(content, 20));
        if (error == 0)
            error = draft_write(&draft, span_skip(content, 20));
        if (error == 0)
            error = draft_commit(&draft, span_of(json, len));
        else
            draft_abort(&draft);
    }
    free(json);
    return error;
}

static inline bool fixture_whole(struct quarantine *quarantine, const char *id)
{
    char octets[256];
    struct entry entry;
    struct facts_file facts;
    bool whole;

    if (entry_open(&entry, quarantine, span_str(id)) != 0)
        return false;
    whole = span_eq(span_of(octets, (size_t)entry_read(&entry, 0, octets, sizeof(octets))),
                    SPAN(FIXTURE_CONTENT));
    if (entry_facts(&entry, &facts) == 0) {
        whole = whole && span_eq(facts.facts.id, span_str(id)) && facts.facts.recipient_count == 2;
        facts_close(&facts);
    } else {
        whole = false;
    }
    entry_close(&entry);
    return whole;
}

/* How many messages are there; all must be whole. */
static inline size_t fixture_count(struct quarantine *quarantine)
{
    struct listing listing = {0};
    size_t count;

    CHECK(quarantine_open(quarantine) == 0);
    CHECK(listing_read(&listing, quarantine) == 0);
    count = listing.count;
    for (size_t i = 0; i < count; i++)
        CHECK(fixture_whole(quarantine, listing.items[i].id));
    listing_free(&listing);
    return count;
}

#endif
