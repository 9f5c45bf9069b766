/* filters_fixture.h: a session whose chain comes from the `filters` of a proxy.yaml, as config/ loads it. */
#ifndef FILTERS_FIXTURE_H
#define FILTERS_FIXTURE_H

#include <unistd.h>

#include "chain/registry.h"
#include "chain_world.h"
#include "config/config.h"

struct yaml {
    struct settings *settings;
    char said[1024]; /* what was complained about */
};

/* Writes `text` to a file of its own; the path is valid until the next call. */
static inline const char *yaml_file(const char *text)
{
    static char path[64];
    int fd;

    snprintf(path, sizeof(path), "/tmp/postern-test-XXXXXX");
    fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    if (fd >= 0)
        close(fd);
    return path;
}

/* Loads a proxy.yaml whose `filters` is one filter in flow style: "commands: {deny: VRFY}". There is a
 * quarantine, which nobody opens. */
static inline void yaml_load(struct yaml *yaml, const char *filter)
{
    char text[4096];
    const char *path;
    FILE *out;

    snprintf(text, sizeof(text),
             "hostname: mx.example.com\nlisteners: 127.0.0.1:2525\nupstreams: 127.0.0.1:2526\n"
             "quarantine: {directory: /tmp/postern-test-quarantine}\n"
             "filters:\n  - %s\n",
             filter);
    path = yaml_file(text);
    memset(yaml->said, 0, sizeof(yaml->said));
    out = fmemopen(yaml->said, sizeof(yaml->said) - 1, "w");
    yaml->settings = config_load(path, out);
    fclose(out);
    unlink(path);
}

static inline void yaml_unload(struct yaml *yaml)
{
    if (yaml->settings != NULL)
        yaml->settings->release(yaml->settings);
}

/* As yaml_load(), which must succeed, and a session begins; yaml_end() ends both. */
static inline void yaml_begin(struct yaml *yaml, struct fake_session *session, const char *filter)
{
    yaml_load(yaml, filter);
    if (yaml->settings == NULL) {
        fprintf(stderr, "%s\n%s", filter, yaml->said);
        exit(EXIT_FAILURE);
    }
    fake_begin(session, yaml->settings->chain);
}

static inline void yaml_end(struct yaml *yaml, struct fake_session *session)
{
    fake_end(session);
    yaml_unload(yaml);
}

/* A filter that must be refused, with these words. */
static inline void yaml_refused(const char *filter, const char *words)
{
    struct yaml yaml;

    yaml_load(&yaml, filter);
    CHECK(yaml.settings == NULL);
    if (strstr(yaml.said, words) == NULL) {
        fprintf(stderr, "%s: \"%s\" expected, said: %s\n", filter, words, yaml.said);
        test_failures++;
    }
    yaml_unload(&yaml);
}

#endif
