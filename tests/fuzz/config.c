/* Fuzzes config/: any file gives either settings or complaints that have a place in it, twice the same; with
 * little memory it fails without a leak. */
#include "config/config.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "fuzz.h"
#include "session/server.h"

static char path[64];

static void check_settings(const struct settings *settings)
{
    const struct settings_listener *listeners = settings->listeners.items;
    const struct settings_upstream *upstreams = settings->upstreams.items;

    DEMAND(settings->listeners.count > 0 && settings->upstreams.count > 0 && settings->chain != NULL);
    for (size_t i = 0; i < settings->listeners.count; i++)
        DEMAND(listeners[i].host != NULL && listeners[i].port > 0 && listeners[i].port <= 65535);
    for (size_t i = 0; i < settings->upstreams.count; i++)
        DEMAND(upstreams[i].host != NULL && upstreams[i].port > 0 && upstreams[i].port <= 65535);
    DEMAND(settings->hostname != NULL && settings->limits.command_line >= 512);
    DEMAND(settings->limits.local_part >= 64 && settings->limits.path >= 256);
}

/* Each is one line, "path:line:column: what", of characters that a terminal shows. */
static void check_complaints(struct span said)
{
    struct span place = span_str(path);

    while (said.len > 0) {
        const char *lf = memchr(said.ptr, '\n', said.len);
        unsigned line, column;
        int len = 0;

        DEMAND(lf != NULL && span_starts_nocase(said, place));
        (void)sscanf(said.ptr + place.len, ":%u:%u: %n", &line, &column, &len);
        DEMAND(len > 0 && line > 0 && column > 0 && said.ptr + place.len + len < lf);
        for (const char *p = said.ptr; p < lf; p++)
            DEMAND(((unsigned char)*p >= ' ' && *p != 0x7f) || *p == '\t');
        said = span_skip(said, (size_t)(lf - said.ptr) + 1);
    }
}

/* What is complained about, to be freed. */
static char *load(size_t *len)
{
    char *said = NULL;
    FILE *out = open_memstream(&said, len);
    struct settings *settings;

    DEMAND(out != NULL);
    settings = config_load(path, out);
    DEMAND(fclose(out) == 0);
    DEMAND(settings != NULL || *len > 0); /* with settings: warnings */
    if (settings != NULL) {
        check_settings(settings);
        settings_unref(settings);
    }
    return said;
}

void fuzz_one(struct span in)
{
    unsigned few = fuzz_choice(&in, 256);
    size_t len[3];
    char *said[3];
    int fd = memfd_create("proxy.yaml", MFD_CLOEXEC);

    for (unsigned i = 0; filters_builtin[i] != NULL && registry_at(i) == NULL; i++)
        registry_add(filters_builtin[i]);
    DEMAND(fd >= 0 && write(fd, in.ptr, in.len) == (ssize_t)in.len);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    for (int i = 0; i < 2; i++)
        said[i] = load(&len[i]);
    check_complaints(span_of(said[0], len[0]));
    DEMAND(span_eq(span_of(said[0], len[0]), span_of(said[1], len[1])));
    fuzz_starve(few);
    said[2] = load(&len[2]);
    fuzz_starve(0);
    for (int i = 0; i < 3; i++)
        free(said[i]);
    DEMAND(close(fd) == 0);
}
