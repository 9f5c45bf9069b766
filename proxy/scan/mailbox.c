/* mailbox.c: stored messages one after the other; files are left to stored.c, how one is split into messages
 * to mbox.c, what is done with them to the program. */
#include "scan/mailbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "scan/mbox.h"
#include "scan/stored.h"

struct item {
    char *path;
    uint64_t octets;
};

struct mailbox {
    struct item *items;
    size_t count, room;
    size_t next;        /* item */
    struct stored file; /* under way */
    struct mbox mbox;   /* its messages */
    char *name;         /* "path:number" */
    size_t name_size;
    uint64_t octets, done; /* done: items gone through */
};

struct mailbox *mailbox_new(void)
{
    return mem_alloc(sizeof(struct mailbox));
}

void mailbox_free(struct mailbox *mailbox)
{
    stored_close(&mailbox->file);
    for (size_t i = 0; i < mailbox->count; i++)
        mem_free(mailbox->items[i].path);
    mem_free(mailbox->items);
    mem_free(mailbox->name);
    mem_free(mailbox);
}

/* --- what there is -------------------------------------------------------------------------------------- */

static int add_item(struct mailbox *mailbox, const char *path, uint64_t octets)
{
    struct item *items = mailbox->items;

    if (mailbox->count == mailbox->room) {
        size_t room = mailbox->room != 0 ? mailbox->room * 2 : 64;
        items = mem_resize(items, room * sizeof(*items));
        if (items == NULL)
            return -ENOMEM;
        mailbox->items = items;
        mailbox->room = room;
    }
    items[mailbox->count] = (struct item){mem_copy(span_str(path)), octets};
    if (items[mailbox->count].path == NULL)
        return -ENOMEM;
    mailbox->count++;
    mailbox->octets += octets;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->path, ((const struct item *)b)->path);
}

static bool ends_in_eml(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && span_eq_nocase(span_of(name + len - 4, 4), SPAN(".eml"));
}

/* A file that has gone meanwhile, as a mail client may do to a Maildir, is not there. */
static int add_file(struct mailbox *mailbox, const char *directory, const char *name)
{
    char path[4096];
    struct stat status;
    int n = snprintf(path, sizeof(path), "%s/%s", directory, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    if (stat(path, &status) != 0)
        return errno == ENOENT ? 0 : -errno;
    return S_ISREG(status.st_mode) ? add_item(mailbox, path, (uint64_t)status.st_size) : 0;
}

static int add_directory(struct mailbox *mailbox, const char *path, bool only_eml)
{
    size_t before = mailbox->count;
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int error = 0;

    if (directory == NULL)
        return -errno;
    while (error == 0 && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && (!only_eml || ends_in_eml(entry->d_name)))
            error = add_file(mailbox, path, entry->d_name);
    (void)closedir(directory);
    if (mailbox->count > before)
        qsort(mailbox->items + before, mailbox->count - before, sizeof(*mailbox->items), by_path);
    return error;
}

/* -ENOENT: it has neither cur nor new. */
static int add_maildir(struct mailbox *mailbox, const char *path)
{
    static const char *const folders[] = {"cur", "new"};
    char folder[4096];
    int found = -ENOENT;

    for (size_t i = 0; i < 2; i++) {
        int n = snprintf(folder, sizeof(folder), "%s/%s", path, folders[i]);
        if (n < 0 || (size_t)n >= sizeof(folder))
            return -ENAMETOOLONG;
        int error = add_directory(mailbox, folder, false);
        if (error != 0 && error != -ENOENT)
            return error;
        if (error == 0)
            found = 0;
    }
    return found;
}

int mailbox_add(struct mailbox *mailbox, const char *path)
{
    struct stat status;
    int error;

    if (strcmp(path, "-") == 0)
        return add_item(mailbox, path, 0);
    if (stat(path, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return add_item(mailbox, path, S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0);
    error = add_maildir(mailbox, path);
    return error == -ENOENT ? add_directory(mailbox, path, true) : error;
}

/* --- one after the other -------------------------------------------------------------------------------- */

static int open_item(struct mailbox *mailbox, const struct item *item)
{
    int error = stored_open(&mailbox->file, item->path);

    if (error != 0)
        return error;
    mbox_init(&mailbox->mbox, mailbox->file.octets);
    mailbox->mbox.kept = mailbox->file.octets.len != 0 ? mailbox->file.octets.ptr : NULL;
    return 0;
}

/* "path:number" for a message of an mbox, which has room in mailbox->name. */
static const char *name_of(struct mailbox *mailbox, const struct item *item)
{
    size_t size = strlen(item->path) + 24;
    char *name = mailbox->name;

    if (!mailbox->mbox.quoted)
        return item->path;
    if (size > mailbox->name_size) {
        name = mem_resize(mailbox->name, size);
        if (name == NULL)
            return item->path;
        mailbox->name = name;
        mailbox->name_size = size;
    }
    (void)snprintf(name, size, "%s:%zu", item->path, mailbox->mbox.number);
    return name;
}

int mailbox_next(struct mailbox *mailbox, struct letter *letter)
{
    *letter = (struct letter){0};
    while (mailbox->next < mailbox->count) {
        const struct item *item = &mailbox->items[mailbox->next];
        int error = mailbox->file.open ? 0 : open_item(mailbox, item);
        letter->name = item->path;
        if (error == 0 && mbox_next(&mailbox->mbox, &letter->content)) {
            letter->quoted = mailbox->mbox.quoted;
            letter->mapped = mailbox->file.octets.len != 0;
            letter->name = name_of(mailbox, item);
            return 1;
        }
        mailbox->done += item->octets;
        mailbox->next++;
        stored_close(&mailbox->file);
        if (error != 0)
            return error;
    }
    return 0;
}

void mailbox_extent(const struct mailbox *mailbox, struct mailbox_extent *extent)
{
    extent->octets = mailbox->octets;
    extent->octets_done = mailbox->done;
    if (mailbox->file.open && mailbox->items[mailbox->next].octets != 0)
        extent->octets_done += mailbox->file.octets.len - mailbox->mbox.rest.len;
}
