/* main.c: plays session scripts in every manner; each must come to the same. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "play.h"
#include "script_filter.h"

static const struct {
    const char *name;
    struct lab_manner manner;
} manners[] = {
    {"at once", {0}},
    {"byte by byte", {.piece = 1}},
    {"slow", {.accept = 7}},
};

static bool run(const char *path)
{
    struct script script;
    uint64_t first = 0, digest;
    bool varies = false;
    bool good = script_read(&script, path);

    for (size_t i = 0; i < sizeof(manners) / sizeof(*manners) && good; i++) {
        good = play_script(&script, manners[i].name, manners[i].manner, i == 0, &digest, &varies);
        if (i == 0)
            first = digest;
        if (good && !varies && digest != first) {
            fprintf(stderr, "%s: what was said differs between \"%s\" and \"%s\"\n", path, manners[0].name,
                    manners[i].name);
            good = false;
        }
    }
    script_free(&script);
    return good;
}

int main(int argc, char **argv)
{
    static const struct filter *const filters[] = {&filter_commands, &filter_extensions, &filter_banner,
                                                   &filter_access,   &filter_regex,      &script_filter};
    int failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: session_scripts FILE...\n");
        return 64;
    }
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
        registry_add(filters[i]);
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
