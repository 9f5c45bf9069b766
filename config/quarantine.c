/* quarantine.c: looks at the directory that proxy.yaml names for messages that are kept: is it one, is it for
 * Postern alone, can Postern work in it. */
#include "config/quarantine.h"

#include <errno.h>
#include <libgen.h>
#include <sys/stat.h>

#include "config/check_private.h"
#include "config/readable.h"
#include "quarantine/quarantine.h"

#define KEY_DIRECTORY "quarantine.directory"
#define OF_OTHERS     (S_IRWXG | S_IRWXO)

/* Files are renamed from tmp/ into the directory. */
static void check_tmp(struct decoder *decoder, struct node *root, const char *directory,
                      const struct stat *status)
{
    char path[4096];
    struct stat tmp;

    if (snprintf(path, sizeof(path), "%s/tmp", directory) < (int)sizeof(path) && stat(path, &tmp) == 0 &&
        tmp.st_dev != status->st_dev)
        complain_below(decoder->complaints, root, KEY_DIRECTORY,
                       "%s is on another file system; allowed: a folder in the same", path);
}

static void check_directory(struct decoder *decoder, const struct settings *settings, struct node *root,
                            const struct stat *status)
{
    const char *directory = settings->quarantine.directory;

    if (!S_ISDIR(status->st_mode)) {
        complain_below(decoder->complaints, root, KEY_DIRECTORY, "%s is no directory; allowed: one",
                       directory);
        return;
    }
    if ((status->st_mode & OF_OTHERS) != 0)
        complain_below(decoder->complaints, root, KEY_DIRECTORY,
                       "%s is open to others (mode %04o), as what is kept there must not be; allowed: 0700",
                       directory, (unsigned)(status->st_mode & 07777));
    if (!workable_by(directory, settings->user))
        complain_below(decoder->complaints, root, KEY_DIRECTORY,
                       "%s cannot be written to by %s; allowed: a directory of that user's", directory,
                       settings->user != NULL ? settings->user : "this user");
    check_tmp(decoder, root, directory, status);
}

static void check_parent(struct decoder *decoder, struct node *root, const char *directory)
{
    char copy[4096];
    struct stat status;

    if (snprintf(copy, sizeof(copy), "%s", directory) >= (int)sizeof(copy) ||
        stat(dirname(copy), &status) != 0 || !S_ISDIR(status.st_mode))
        complain_below(decoder->complaints, root, KEY_DIRECTORY,
                       "there is no %s, nor a directory for it; allowed: one that exists, or whose last part "
                       "alone is missing",
                       directory);
}

static void check_text(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    const char *text = settings->quarantine.text;

    for (; text != NULL && *text != '\0'; text++)
        if (*text < ' ' || *text > '~') {
            complain_below(decoder->complaints, root, "quarantine.text",
                           "holds more than printable ASCII; allowed: one line of it");
            return;
        }
}

static void make(struct decoder *decoder, struct settings_quarantine *settings)
{
    const struct quarantine_bounds bounds = {.directory = settings->directory,
                                             .retention = settings->retention,
                                             .octets = settings->max_size,
                                             .messages = (uint64_t)settings->max_messages};

    settings->store = quarantine_new(&bounds);
    if (settings->store == NULL)
        complain_starved(decoder->complaints);
}

void quarantine_prepare(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct node *map = node_find(root, SPAN("quarantine"));
    struct stat status;

    if (map == NULL || node_null(map))
        return;
    if (settings->quarantine.directory == NULL) {
        complain_lack(decoder->complaints, map, "directory", "is missing; allowed: a path");
        return;
    }
    check_text(decoder, settings, root);
    check_path(decoder, &settings->quarantine.directory);
    if (settings->quarantine.directory == NULL)
        return;
    if (stat(settings->quarantine.directory, &status) == 0)
        check_directory(decoder, settings, root, &status);
    else if (errno == ENOENT)
        check_parent(decoder, root, settings->quarantine.directory);
    else
        complain_below(decoder->complaints, root, KEY_DIRECTORY, "%s cannot be looked at: %s",
                       settings->quarantine.directory, strerror(errno));
    make(decoder, &settings->quarantine);
}
