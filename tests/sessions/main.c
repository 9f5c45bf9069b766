/* main.c: plays session scripts in every manner; each must come to the same. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "lab_tls_keys.h"
#include "play_tls.h"
#include "script_filter.h"

/* The first is the one that the others are compared with. */
static const struct play_manner plain[] = {
    {.name = "at once", .count_writes = true},
    {.name = "byte by byte", .client = {.piece = 1}, .upstream = {.piece = 1}},
    {.name = "slow", .client = {.accept = 7}, .upstream = {.accept = 7}},
    {.name = NULL},
};

static const struct play_manner encrypted[] = {
    {.name = "at once, without TLS"},
    {.name = "TLS to the client", .client_tls = true},
    {.name = "TLS to the upstream", .upstream_tls = true},
    {.name = "TLS on both legs", .client_tls = true, .upstream_tls = true},
    {.name = "TLS, an octet in a record", .client_tls = true, .upstream_tls = true, .record = 1},
    {.name = "TLS, byte by byte",
     .client = {.piece = 1, .accept = 7},
     .upstream = {.piece = 1, .accept = 7},
     .client_tls = true,
     .upstream_tls = true},
    {.name = NULL},
};

static unsigned left_out;

static bool same(const struct lab_bytes *a, const struct lab_bytes *b)
{
    return span_eq(lab_bytes_from(a, 0), lab_bytes_from(b, 0));
}

static bool is_same(const struct play_outcome *a, const struct play_outcome *b)
{
    return same(&a->said, &b->said) && (a->encrypted != b->encrypted || same(&a->heard, &b->heard));
}

static bool play_all(const struct script *script, struct settings *settings,
                     const struct play_manner *manners)
{
    struct play_outcome first = {0}, other = {0};
    bool good = play_script(script, settings, &manners[0], &first);

    for (size_t i = 1; manners[i].name != NULL && good; i++) {
        good = play_script(script, settings, &manners[i], &other);
        if (!good || first.varies || is_same(&first, &other))
            continue;
        fprintf(stderr, "%s: what was said differs between \"%s\" and \"%s\"\n", script->path,
                manners[0].name, manners[i].name);
        good = false;
    }
    play_outcome_free(&first);
    play_outcome_free(&other);
    return good;
}

static bool run(const char *path, bool tls)
{
    struct script script;
    struct settings *settings = script_read(&script, path) ? play_settings(&script) : NULL;
    bool good = settings != NULL;

    if (good && tls && !play_tls_suits(&script, settings))
        left_out++;
    else if (good)
        good = play_all(&script, settings, tls ? encrypted : plain);
    if (settings != NULL)
        settings_unref(settings);
    script_free(&script);
    return good;
}

/* What every encrypted manner needs; said when it cannot be had. */
static bool has_keys(void)
{
    static const struct lab_tls_terms usual;

    return lab_tls_server(&usual) != NULL && lab_tls_client(&usual) != NULL;
}

int main(int argc, char **argv)
{
    bool tls = argc > 1 && strcmp(argv[1], "--tls") == 0;
    int failed = 0, first = tls ? 2 : 1;

    if (argc <= first) {
        fprintf(stderr, "usage: session_scripts [--tls] FILE...\n");
        return 64;
    }
    if (tls && !has_keys())
        return EXIT_FAILURE;
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    registry_add(&script_filter);
    for (int i = first; i < argc; i++) {
        bool good = run(argv[i], tls);
        failed += good ? 0 : 1;
        if (!good && argc > first + 1)
            printf("%s: FAILED\n", argv[i]);
    }
    if (argc > first + 1)
        printf("%d scripts, %d failed, %u left out\n", argc - first, failed, left_out);
    lab_tls_keys_free();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
