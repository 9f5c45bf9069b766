/* tls_watch.c: notices that files have changed; what is in them is left to others. */
#include "tls/tls_watch.h"

#include <assert.h>

#include "base/mem.h"

bool tls_watch_init(struct tls_watch *watch, size_t room)
{
    *watch = (struct tls_watch){.files = mem_alloc(room * sizeof(*watch->files)), .room = room};
    return watch->files != NULL;
}

void tls_watch_add(struct tls_watch *watch, const char *path)
{
    if (path == NULL)
        return;
    assert(watch->count < watch->room);
    watch->files[watch->count++].path = path;
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

bool tls_watch_look(struct tls_watch *watch)
{
    bool changed = false;

    for (size_t i = 0; i < watch->count; i++) {
        struct tls_watched now = {.path = watch->files[i].path};

        now.there = stat(now.path, &now.is) == 0;
        if (now.there != watch->files[i].there || (now.there && !same(&now.is, &watch->files[i].is)))
            changed = true;
        watch->files[i] = now;
    }
    return changed;
}

void tls_watch_clear(struct tls_watch *watch)
{
    mem_free(watch->files);
    *watch = (struct tls_watch){0};
}
