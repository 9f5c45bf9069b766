/* registry.c: the built-in filters by name, and filters from shared objects. Written at start and by whoever
 * loads the configuration, one thread at a time. */
#include "chain/registry.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>

#include "base/mem.h"
#include "chain/event.h"

/* A shared object may call what nothing else in the program calls: the linker is to keep it. */
__attribute__((used)) static bool (*const kept)(const struct option_networks *, uint8_t,
                                                const uint8_t *) = option_networks_match;
__attribute__((used)) static const char *(*const kept_too)(unsigned) = filter_anomaly;
__attribute__((used)) static int (*const kept_also)(struct filter_ctx *, struct span) = filter_rewrite_path;
__attribute__((used)) static int (*const kept_envelope)(struct filter_ctx *,
                                                        struct span) = filter_delete_recipient;

#define REGISTRY_MAX 32

static const struct filter *known[REGISTRY_MAX];
static unsigned count;

/* Never unloaded: sessions of an older configuration may still run its code. */
struct plugin {
    struct plugin *next;
    char *path;
    const struct filter *filter;
};

static struct plugin *plugins;

void registry_add(const struct filter *filter)
{
    assert(count < REGISTRY_MAX && filter->api == FILTER_API);
    known[count++] = filter;
}

const struct filter *registry_find(struct span name)
{
    for (unsigned n = 0; n < count; n++)
        if (span_eq(span_str(known[n]->name), name))
            return known[n];
    return NULL;
}

const struct filter *registry_at(unsigned n)
{
    return n < count ? known[n] : NULL;
}

unsigned registry_events(const struct filter *filter)
{
    unsigned events = 0;

    for (unsigned event = 0; event < FILTER_EVENTS; event++) {
        void (*callback)(void);
        memcpy(&callback, (const char *)filter + event_rows[event].callback, sizeof(callback));
        if (callback != NULL)
            events |= 1u << event;
    }
    return events;
}

/* The filter that an open shared object exports, or NULL and why not. */
static const struct filter *exported(void *object, const char **why)
{
    static char other_api[96];
    const struct filter *const *symbol = dlsym(object, "postern_filter");

    if (symbol == NULL || *symbol == NULL) {
        *why = "exports no postern_filter: is FILTER_PLUGIN() missing?";
        return NULL;
    }
    if ((*symbol)->api != FILTER_API) {
        (void)snprintf(other_api, sizeof(other_api),
                       "was built for filter API %u, this is %u: build it again", (*symbol)->api, FILTER_API);
        *why = other_api;
        return NULL;
    }
    if ((*symbol)->name == NULL || (*symbol)->name[0] == '\0') {
        *why = "its filter has no name";
        return NULL;
    }
    return *symbol;
}

static const struct filter *keep(const char *path, const struct filter *filter)
{
    struct plugin *plugin = mem_alloc(sizeof(*plugin));

    if (plugin != NULL)
        plugin->path = mem_copy(span_str(path));
    if (plugin == NULL || plugin->path == NULL) {
        mem_free(plugin);
        return NULL;
    }
    plugin->filter = filter;
    plugin->next = plugins;
    plugins = plugin;
    return filter;
}

const struct filter *registry_load(const char *path, const char **why)
{
    const struct filter *filter;
    void *object;

    for (const struct plugin *plugin = plugins; plugin != NULL; plugin = plugin->next)
        if (strcmp(plugin->path, path) == 0)
            return plugin->filter;
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        *why = dlerror();
        return NULL;
    }
    filter = exported(object, why);
    if (filter != NULL && (filter = keep(path, filter)) == NULL)
        *why = "out of memory";
    if (filter == NULL)
        (void)dlclose(object);
    return filter;
}
