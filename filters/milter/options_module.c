/* options_module.c: the keys of the filter milter-module, which loads a milter. */
#include "filters/milter/options_private.h"

/* argv of its main(): the path is the program's name. NULL when memory is short. */
static const char *const *arguments_of(const struct milter_config *config, struct filter_setup *setup)
{
    const char **list = filter_setup_alloc(setup, (config->arguments.count + 2) * sizeof(*list));

    if (list == NULL)
        return NULL;
    list[0] = config->path;
    for (size_t i = 0; i < config->arguments.count; i++)
        list[i + 1] = config->arguments.items[i];
    return list;
}

static int load(struct milter_config *config, struct filter_setup *setup)
{
    const struct resident_wish wish = {
        .path = config->path,
        .arguments = arguments_of(config, setup),
        .threads = (unsigned)config->threads,
        .patience = (unsigned)config->start_timeout,
    };
    char error[256];

    if (wish.arguments == NULL)
        return -1;
    config->resident = resident_get(&wish, error, sizeof(error));
    if (config->resident != NULL)
        return 0;
    filter_complain(setup, "path", "\"%s\" is no milter that can be loaded: %s", config->path, error);
    return -1;
}

int milter_module_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct milter_config *config = opened;

    (void)interests;
    config->transport = &milter_by_module;
    config->protocol = MILTER_VERSION_MAX;
    config->addresses = (struct option_strings){.items = &config->path, .count = 1};
    if (config->path[0] != '/') {
        filter_complain(setup, "path", "\"%s\" is no absolute path", config->path);
        return -1;
    }
    return milter_open_common(config, setup, edits) == 0 ? load(config, setup) : -1;
}

void milter_module_shut(void *config)
{
    resident_put(((struct milter_config *)config)->resident);
}

const struct option milter_module_options[] = {
    {.key = "path",
     .type = OPTION_STRING,
     AT(path),
     .required = true,
     .help = "The milter: a shared object made of its source; an absolute path."},
    {.key = "args",
     .type = OPTION_STRINGS,
     AT(arguments),
     .help = "Arguments of its main(), as on its command line; it has to stay in the foreground."},
    {.key = "threads",
     .type = OPTION_INT,
     AT(threads),
     .fallback = "64",
     .min = 1,
     .max = 4096,
     .help = "Callbacks that run at the same time at most; others wait in line."},
    TIME(start_timeout, "10s", "Time for its main() to come to smfi_main()."),
    MILTER_OPTIONS_COMMON,
    {.key = NULL}};
