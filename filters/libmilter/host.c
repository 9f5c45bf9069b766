/* host.c: modules come and go: loading, main() and where it parks. Sessions are left to visit.c. */
#include "filters/libmilter/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "filters/libmilter/module.h"

static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER; /* one module at a time */
static pthread_rwlock_t listing = PTHREAD_RWLOCK_INITIALIZER;
static LIST_HEAD(, module) modules = LIST_HEAD_INITIALIZER(modules);

/* The module whose code calls. */
static struct library *find(const void *caller)
{
    struct library *found = NULL;
    struct module *module;
    Dl_info info;

    if (dladdr(caller, &info) == 0)
        return NULL;
    (void)pthread_rwlock_rdlock(&listing);
    for (module = LIST_FIRST(&modules); module != NULL; module = LIST_NEXT(module, all))
        if (module->base == info.dli_fbase)
            found = &module->library;
    (void)pthread_rwlock_unlock(&listing);
    return found;
}

/* --- main() --------------------------------------------------------------------------------------------- */

/* All of smfi_main(). */
static int park(struct library *library)
{
    struct module *module = (struct module *)library;

    (void)pthread_mutex_lock(&module->lock);
    module->parked = true;
    (void)pthread_cond_broadcast(&module->changed);
    while (!module->leaving)
        (void)pthread_cond_wait(&module->changed, &module->lock);
    (void)pthread_mutex_unlock(&module->lock);
    return MI_SUCCESS;
}

static void leave(struct library *library)
{
    struct module *module = (struct module *)library;

    (void)pthread_mutex_lock(&module->lock);
    module->leaving = true;
    (void)pthread_cond_broadcast(&module->changed);
    (void)pthread_mutex_unlock(&module->lock);
}

static void *run_main(void *arg)
{
    struct module *module = arg;
    int status;

    library_here = &module->library;
    optind = 0; /* getopt(3) begins anew for each */
    status = module->main(module->count, module->arguments, environ);
    (void)pthread_mutex_lock(&module->lock);
    module->status = status;
    module->returned = true;
    (void)pthread_cond_broadcast(&module->changed);
    (void)pthread_mutex_unlock(&module->lock);
    return NULL;
}

/* Waits under the lock until main() has parked or returned, or, with `end`, until it has returned. */
static bool wait_for(struct module *module, bool end, unsigned milliseconds)
{
    struct timespec until;
    int error = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(milliseconds / 1000);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!module->returned && (end || !module->parked) && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&module->changed, &module->lock, &until);
    return module->returned || (!end && module->parked);
}

/* --- loading -------------------------------------------------------------------------------------------- */

/* A file that is loaded already is loaded once more as a copy, for variables of its own. */
static void *load_copy(const char *path)
{
    int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("milter", MFD_CLOEXEC);
    void *handle = NULL;
    struct stat status;
    off_t at = 0;
    char name[32];

    if (from >= 0 && to >= 0 && fstat(from, &status) == 0) {
        while (at < status.st_size && sendfile(to, from, &at, (size_t)(status.st_size - at)) > 0)
            continue;
        (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", to);
        if (at == status.st_size)
            handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (from >= 0)
        close(from);
    if (handle == NULL && to >= 0)
        close(to); /* otherwise it stays: its name must not be given to another */
    return handle;
}

static bool load(struct module *module, const char *path)
{
    void *there = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD), *begin;
    Dl_info info;

    module->handle = there != NULL ? load_copy(path) : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (there != NULL)
        (void)dlclose(there);
    if (module->handle == NULL)
        return false;
    begin = dlsym(module->handle, "main");
    if (begin == NULL || dladdr(begin, &info) == 0)
        return false;
    memcpy(&module->main, &begin, sizeof(begin)); /* a pointer to a function is none to an object in C */
    module->base = info.dli_fbase;
    return true;
}

/* One piece of memory: pointers, then what they point to. */
static bool copy_arguments(struct module *module, const char *const *arguments)
{
    size_t size = sizeof(char *);
    char *at;

    for (; arguments[module->count] != NULL; module->count++)
        size += sizeof(char *) + strlen(arguments[module->count]) + 1;
    module->arguments = calloc(1, size);
    if (module->arguments == NULL)
        return false;
    at = (char *)(module->arguments + module->count + 1);
    for (int i = 0; i < module->count; i++) {
        module->arguments[i] = at;
        size = strlen(arguments[i]) + 1;
        memcpy(at, arguments[i], size);
        at += size;
    }
    return true;
}

static void module_free(struct module *module)
{
    free(module->arguments);
    (void)pthread_mutex_destroy(&module->lock);
    (void)pthread_cond_destroy(&module->changed);
    free(module);
}

static struct module *module_new(const char *const *arguments, unsigned threads)
{
    struct module *module = calloc(1, sizeof(*module));
    pthread_condattr_t attributes;

    if (module == NULL)
        return NULL;
    module->library = (struct library){LIBRARY_BEGIN, .serve = park, .stop = leave};
    (void)pthread_mutex_init(&module->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&module->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (team_init(&module->team, threads) == 0 && copy_arguments(module, arguments))
        return module;
    module_free(module);
    return NULL;
}

static void unlist(struct module *module)
{
    (void)pthread_rwlock_wrlock(&listing);
    LIST_REMOVE(module, all);
    (void)pthread_rwlock_unlock(&listing);
}

/* Runs main() up to smfi_main(). NULL: it is there; else what is wrong. One that neither parks nor returns
 * stays, as its thread runs on. */
static const char *begin_main(struct module *module, unsigned milliseconds)
{
    bool come, parked;

    if (pthread_create(&module->thread, NULL, run_main, module) != 0)
        return "no thread can be had";
    (void)pthread_mutex_lock(&module->lock);
    come = wait_for(module, false, milliseconds);
    parked = module->parked && !module->returned;
    (void)pthread_mutex_unlock(&module->lock);
    if (!come) {
        (void)pthread_detach(module->thread);
        return "its main() has not come to smfi_main() in time";
    }
    if (parked)
        return NULL;
    (void)pthread_join(module->thread, NULL);
    return module->library.registered ? "its main() has returned before smfi_main() served anything"
                                      : "its main() has returned without smfi_register()";
}

struct module *module_start(const char *path, const char *const *arguments, unsigned threads,
                            unsigned milliseconds, char *error, size_t size)
{
    struct module *module = module_new(arguments, threads);
    const char *wrong = NULL;

    if (module == NULL) {
        (void)snprintf(error, size, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_lock(&starting);
    library_find = find;
    if (!load(module, path)) {
        const char *reason = dlerror();
        (void)snprintf(error, size, "%s", reason != NULL ? reason : "it cannot be loaded");
        (void)team_end(&module->team, 0);
        module_free(module);
        module = NULL;
    } else {
        (void)pthread_rwlock_wrlock(&listing);
        LIST_INSERT_HEAD(&modules, module, all);
        (void)pthread_rwlock_unlock(&listing);
        wrong = begin_main(module, milliseconds);
    }
    (void)pthread_mutex_unlock(&starting);
    if (wrong == NULL)
        return module;
    (void)snprintf(error, size, "%s", wrong);
    if (module->returned) {
        unlist(module);
        (void)team_end(&module->team, 0);
        module_free(module);
    }
    return NULL;
}

bool module_gone(struct module *module)
{
    bool gone;

    (void)pthread_mutex_lock(&module->lock);
    gone = module->leaving || module->returned;
    (void)pthread_mutex_unlock(&module->lock);
    return gone;
}

bool module_end(struct module *module, unsigned milliseconds, int *status)
{
    bool ended;

    leave(&module->library);
    ended = team_end(&module->team, milliseconds) && atomic_load(&module->visits) == 0;
    (void)pthread_mutex_lock(&module->lock);
    ended = wait_for(module, true, milliseconds) && ended;
    *status = module->status;
    (void)pthread_mutex_unlock(&module->lock);
    if (!ended)
        return false;
    (void)pthread_join(module->thread, NULL);
    unlist(module);
    module_free(module);
    return true;
}
