/* main.c: chooses the subcommand. What each of them does is left to its own file. */
#include <stdio.h>
#include <string.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "program.h"

struct subcommand {
    const char *name;
    const char *arguments;
    const char *help;
    int (*main)(int argc, char **argv);
};

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

static const struct subcommand subcommands[] = {
    {"run", "[-c FILE] [-p PIDFILE]", "run the proxy", run_main},
    {"check", "[-c FILE] | --keys", "check a configuration, or print every key there is", check_main},
    {"scan", "[-c FILE] [MESSAGE...]", "say what the filters would do with stored messages", scan_main},
    {"quarantine", "[options] list | show | release | delete",
     "look at kept messages, deliver or delete them", quarantine_main},
    {"sink", "[options]", "run a mail server for tests, which keeps mail in a Maildir", sink_main},
    {"help", "", "print this", help_main},
    {"version", "", "print the version", version_main},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(*subcommands))

static void usage(FILE *out, const struct subcommand *subcommand)
{
    fprintf(out, "usage: postern %s%s%s\n", subcommand->name, *subcommand->arguments != '\0' ? " " : "",
            subcommand->arguments);
}

int program_usage(const char *subcommand)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (subcommand == NULL || strcmp(subcommands[i].name, subcommand) == 0)
            usage(stderr, &subcommands[i]);
    return PROGRAM_USAGE;
}

static int help_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("postern: an SMTP proxy that filters mail on its way to a mail server\n\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  postern %-10s %-40s %s\n", subcommands[i].name, subcommands[i].arguments,
               subcommands[i].help);
    printf("\nexit status: 0 ok, 1 failure at run time, 2 bad configuration, 64 usage\n"
           "see postern(1) and proxy.yaml(5)\n");
    return PROGRAM_OK;
}

static int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("postern %s\n", POSTERN_VERSION);
    return PROGRAM_OK;
}

static const struct subcommand *find(const char *name)
{
    if (strncmp(name, "--", 2) == 0)
        name += 2; /* --help and --version */
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct subcommand *subcommand;

    if (argc < 2)
        return program_usage(NULL);
    subcommand = find(argv[1]);
    if (subcommand == NULL) {
        fprintf(stderr, "postern: there is no subcommand '%s'\n", argv[1]);
        return program_usage(NULL);
    }
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    return subcommand->main(argc - 1, argv + 1);
}
