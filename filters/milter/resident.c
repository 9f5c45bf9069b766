/* resident.c: a list of loaded milters with their users, behind one lock. */
#include "filters/milter/resident.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>

struct resident {
    LIST_ENTRY(resident) all;
    struct module *module;
    char *wish; /* path, threads and arguments, each with its NUL */
    size_t len;
    struct stat file; /* another one of its name is another milter */
    unsigned users;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, resident) residents = LIST_HEAD_INITIALIZER(residents);

/* Behind its NUL. */
static char *add(char *to, const char *string)
{
    size_t len = strlen(string) + 1;

    memcpy(to, string, len);
    return to + len;
}

/* All that makes two wishes the same, in one piece of memory. */
static bool write_down(const struct resident_wish *wish, struct resident *resident)
{
    size_t len = strlen(wish->path) + 1 + sizeof(wish->threads);
    char *at;

    for (const char *const *argument = wish->arguments; *argument != NULL; argument++)
        len += strlen(*argument) + 1;
    resident->wish = at = malloc(len);
    resident->len = len;
    if (at == NULL)
        return false;
    memcpy(at, &wish->threads, sizeof(wish->threads));
    at = add(at + sizeof(wish->threads), wish->path);
    for (const char *const *argument = wish->arguments; *argument != NULL; argument++)
        at = add(at, *argument);
    return true;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct resident *find_alike(const struct resident *wanted)
{
    struct resident *resident;

    LIST_FOREACH(resident, &residents, all)
    if (resident->len == wanted->len && memcmp(resident->wish, wanted->wish, wanted->len) == 0 &&
        same_file(&resident->file, &wanted->file) && !module_gone(resident->module))
        return resident;
    return NULL;
}

static void forget(struct resident *resident)
{
    free(resident->wish);
    free(resident);
}

/* Under the lock: who wants the same meanwhile waits for it. */
static struct resident *find_or_start(struct resident *wanted, const struct resident_wish *wish, char *error,
                                      size_t size)
{
    struct resident *found = find_alike(wanted);

    if (found == NULL) {
        wanted->module =
            module_start(wish->path, wish->arguments, wish->threads, wish->patience, error, size);
        if (wanted->module == NULL) {
            forget(wanted);
            return NULL;
        }
        LIST_INSERT_HEAD(&residents, wanted, all);
        found = wanted;
    } else {
        forget(wanted);
    }
    found->users++;
    return found;
}

struct resident *resident_get(const struct resident_wish *wish, char *error, size_t size)
{
    struct resident *wanted = calloc(1, sizeof(*wanted)), *found;

    if (wanted == NULL || !write_down(wish, wanted)) {
        free(wanted);
        (void)snprintf(error, size, "out of memory");
        return NULL;
    }
    if (stat(wish->path, &wanted->file) != 0) {
        (void)snprintf(error, size, "%s", strerrordesc_np(errno));
        forget(wanted);
        return NULL;
    }
    (void)pthread_mutex_lock(&lock);
    found = find_or_start(wanted, wish, error, size);
    (void)pthread_mutex_unlock(&lock);
    return found;
}

void resident_put(struct resident *resident)
{
    bool last;
    int status;

    if (resident == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    last = --resident->users == 0;
    if (last)
        LIST_REMOVE(resident, all);
    (void)pthread_mutex_unlock(&lock);
    if (!last)
        return;
    (void)module_end(resident->module, RESIDENT_PATIENCE, &status);
    forget(resident);
}

struct module *resident_module(struct resident *resident)
{
    return resident->module;
}
