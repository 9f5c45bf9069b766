/* config.c: proxy.yaml from file to settings; each step is left to its own file. */
#include "config/config.h"

#include "base/mem.h"
#include "chain/chain.h"
#include "config/check.h"
#include "config/encryption.h"
#include "config/file.h"
#include "config/filters.h"
#include "config/parse.h"
#include "config/quarantine.h"
#include "config/schema.h"
#include "quarantine/quarantine.h"

#define ARENA_OCTETS   ((size_t)256 << 20) /* room for lists of a million entries */
#define REFRESH_OCTETS ((size_t)1 << 20)

/* A configuration generation: the settings and all they point to. */
struct generation {
    struct settings settings;
    struct arena arena;
    const char *file;  /* and the tree that was read from it: for what is found to be wrong later */
    struct node *root; /* NULL: there is none */
};

static void release(struct settings *settings)
{
    struct generation *generation = settings->memory;

    encryption_close(settings);
    chain_free(settings->chain);
    quarantine_unref(settings->quarantine.store);
    arena_reset(&generation->arena);
    mem_free(generation);
}

static struct generation *generation_new(void)
{
    struct generation *generation = mem_alloc(sizeof(*generation));

    if (generation == NULL)
        return NULL;
    arena_init(&generation->arena, ARENA_OCTETS);
    atomic_init(&generation->settings.references, 1);
    generation->settings.memory = generation;
    generation->settings.release = release;
    generation->settings.chain = chain_new();
    if (generation->settings.chain == NULL) {
        release(&generation->settings);
        return NULL;
    }
    return generation;
}

static struct node *parse_file(const char *path, struct arena *arena, struct complaints *complaints)
{
    struct span text;
    struct node here = {.line = 1, .column = 1};
    int rc = file_read(path, arena, &text);

    if (rc == 0)
        return parse_text(text, arena, complaints);
    complain(complaints, &here, "cannot be read: %s", strerror(-rc));
    return NULL;
}

static void load(struct generation *generation, const char *path, struct complaints *complaints)
{
    struct settings *settings = &generation->settings;
    struct decoder decoder = {&generation->arena, complaints, file_directory(path, &generation->arena)};
    const struct section sections[] = {{schema_settings, settings}, {schema_filters, NULL}};
    struct node *root = parse_file(path, &generation->arena, complaints);

    if (decoder.directory == NULL)
        complain_starved(complaints);
    if (root == NULL || decoder.directory == NULL)
        return;
    decode_map(&decoder, root, sections, sizeof(sections) / sizeof(*sections));
    if (root->kind != NODE_MAP)
        return;
    generation->root = root;
    check_settings(&decoder, settings, root);
    encryption_open(complaints, settings, root);
    quarantine_prepare(&decoder, settings, root);
    filters_open(&decoder, node_find(root, SPAN("filters")), settings->chain,
                 settings->quarantine.directory != NULL);
}

struct settings *config_load(const char *path, FILE *complaints)
{
    struct generation *generation = generation_new();
    struct complaints found = {.file = path};

    if (generation == NULL) {
        complain_starved(&found);
        complaints_print(&found, complaints);
        return NULL;
    }
    found.arena = &generation->arena;
    generation->file = arena_copy(&generation->arena, span_str(path)).ptr;
    if (generation->file != NULL)
        load(generation, path, &found);
    else
        complain_starved(&found);
    complaints_print(&found, complaints);
    if (found.count == 0)
        return &generation->settings;
    release(&generation->settings);
    return NULL;
}

bool config_refresh(struct settings *settings, FILE *complaints)
{
    struct generation *generation = settings->memory;
    struct arena arena;
    struct complaints found = {.file = generation->file, .arena = &arena};
    bool changed;

    arena_init(&arena, REFRESH_OCTETS);
    changed = encryption_refresh(&found, settings, generation->root);
    complaints_print(&found, complaints);
    arena_reset(&arena);
    return changed;
}
