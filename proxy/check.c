/* check.c: `postern check`: says what is wrong with a configuration, or prints every key there is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "program.h"
#include "session/server.h"

static int check(const char *path)
{
    struct settings *settings = config_load(path, stderr);

    if (settings == NULL)
        return PROGRAM_BAD_CONFIG;
    settings_unref(settings);
    printf("%s: ok\n", path);
    return PROGRAM_OK;
}

int check_main(int argc, char **argv)
{
    const char *path = PROGRAM_CONFIG;

    if (argc == 2 && strcmp(argv[1], "--keys") == 0) {
        config_document(stdout);
        return PROGRAM_OK;
    }
    for (int c = getopt(argc, argv, "+c:"); c != -1; c = getopt(argc, argv, "+c:")) {
        if (c != 'c')
            return program_usage("check");
        path = optarg;
    }
    return optind == argc ? check(path) : program_usage("check");
}
