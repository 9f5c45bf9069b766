/* main.c: plays session scripts in every manner; each must come to the same. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "play.h"
#include "script_filter.h"

static const struct play_manner manners[] = {
    {"at once", {0}, {0}, true},
    {"byte by byte", {.piece = 1}, {.piece = 1}, false},
    {"slow", {.accept = 7}, {.accept = 7}, false},
};

static bool play_all(const struct script *script, struct settings *settings)
{
    struct play_outcome first = {0}, other = {0};
    bool good = play_script(script, settings, &manners[0], &first);

    for (size_t i = 1; i < sizeof(manners) / sizeof(*manners) && good; i++) {
        good = play_script(script, settings, &manners[i], &other);
        if (!good || first.varies || span_eq(lab_bytes_from(&first.said, 0), lab_bytes_from(&other.said, 0)))
            continue;
        fprintf(stderr, "%s: what was said differs between \"%s\" and \"%s\"\n", script->path,
                manners[0].name, manners[i].name);
        good = false;
    }
    play_outcome_free(&first);
    play_outcome_free(&other);
    return good;
}

static bool run(const char *path)
{
    struct script script;
    struct settings *settings = script_read(&script, path) ? play_settings(&script) : NULL;
    bool good = settings != NULL && play_all(&script, settings);

    if (settings != NULL)
        settings_unref(settings);
    script_free(&script);
    return good;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: session_scripts FILE...\n");
        return 64;
    }
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    registry_add(&script_filter);
    for (int i = 1; i < argc; i++) {
        bool good = run(argv[i]);
        failed += good ? 0 : 1;
        if (argc > 2)
            printf("%s: %s\n", argv[i], good ? "ok" : "FAILED");
    }
    if (argc > 2)
        printf("%d scripts, %d failed\n", argc - 1, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
