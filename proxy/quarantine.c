/* quarantine.c: `postern quarantine`: looks at what filters wanted kept, delivers it after all, or deletes
 * it, also while the proxy runs. What is told is left to quarantine_show.c, delivery to quarantine_release.c.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config.h"
#include "net/logger.h"
#include "program.h"
#include "quarantine_arguments.h"
#include "rights.h"
#include "session/server.h"

static const struct action {
    const char *name;
    int (*run)(const struct quarantine_command *command);
    size_t least, most; /* ids */
} actions[] = {
    {"list", quarantine_list, 0, 0},
    {"show", quarantine_show, 1, 1},
    {"release", quarantine_release, 1, SIZE_MAX},
    {"delete", quarantine_delete, 1, SIZE_MAX},
};

/* --- what the actions share ----------------------------------------------------------------------------- */

void quarantine_put(FILE *out, struct span s)
{
    char bytes[4096];
    struct text text = TEXT(bytes);

    text_add_safe(&text, span_first(s, sizeof(bytes)), true);
    fwrite(text.ptr, 1, text.len, out);
}

void quarantine_complain(const char *id, int error)
{
    const char *why = strerror(-error);

    if (error == -ENOENT)
        why = "there is no such message";
    else if (error == -EBUSY)
        why = "somebody else is at work on it";
    else if (error == -EBADMSG)
        why = "what is known of it cannot be read";
    fprintf(stderr, "postern quarantine: ");
    quarantine_put(stderr, span_str(id));
    fprintf(stderr, ": %s\n", why);
}

bool quarantine_find(const struct quarantine_command *command, const char *id, struct entry *entry)
{
    int error = entry_open(entry, command->store, span_str(id));

    if (error != 0)
        quarantine_complain(id, error);
    return error == 0;
}

bool quarantine_take(const struct quarantine_command *command, const char *id, struct entry *entry)
{
    int error;

    if (!quarantine_find(command, id, entry))
        return false;
    error = entry_lock(entry);
    if (error == 0)
        return true;
    entry_close(entry);
    quarantine_complain(id, error);
    return false;
}

int quarantine_delete(const struct quarantine_command *command)
{
    int status = PROGRAM_OK;

    for (size_t i = 0; i < command->count; i++) {
        struct entry entry;
        int error;
        if (!quarantine_take(command, command->ids[i], &entry)) {
            status = QUARANTINE_NOT_ALL;
            continue;
        }
        error = entry_remove(&entry);
        if (error != 0) {
            quarantine_complain(entry.id, error);
            status = QUARANTINE_NOT_ALL;
        } else {
            printf("%s: deleted\n", entry.id);
        }
        entry_close(&entry);
    }
    return status;
}

/* --- the subcommand ------------------------------------------------------------------------------------- */

/* NULL: what was written is none. */
static const struct action *find_action(const struct quarantine_command *command)
{
    for (size_t i = 0; command->action != NULL && i < sizeof(actions) / sizeof(*actions); i++)
        if (strcmp(actions[i].name, command->action) == 0 && command->count >= actions[i].least &&
            command->count <= actions[i].most)
            return &actions[i];
    return NULL;
}

/* As the user that the proxy runs as: whatever is written is that user's. */
static bool become_user(const struct settings *settings)
{
    struct log_target *target;
    struct logger logger;
    bool done;
    int error;

    target = log_target_open("stderr", &error);
    if (target == NULL)
        return false;
    logger_init(&logger, target, true);
    logger.log.level = LOG_LEVEL_WARN;
    done = rights_drop(settings, &logger.log);
    log_target_close(target);
    return done;
}

static int open_store(struct quarantine_command *command)
{
    int error;

    command->store = command->settings->quarantine.store;
    if (command->store == NULL) {
        fprintf(stderr, "postern quarantine: %s names no quarantine.directory\n", command->config);
        return PROGRAM_BAD_CONFIG;
    }
    error = become_user(command->settings) ? quarantine_open(command->store) : -EPERM;
    if (error == 0)
        return PROGRAM_OK;
    fprintf(stderr, "postern quarantine: %s: %s\n", command->settings->quarantine.directory,
            strerror(-error));
    return QUARANTINE_TROUBLE;
}

static int run(struct quarantine_command *command, const struct action *action)
{
    int status;

    command->settings = config_load(command->config, stderr);
    if (command->settings == NULL)
        return PROGRAM_BAD_CONFIG;
    status = open_store(command);
    if (status == PROGRAM_OK)
        status = action->run(command);
    settings_unref(command->settings);
    if (fflush(stdout) != 0 && status == PROGRAM_OK)
        status = QUARANTINE_NOT_ALL;
    return status;
}

int quarantine_main(int argc, char **argv)
{
    struct quarantine_command command;
    const struct action *action;
    int status = quarantine_arguments_read(&command, argc, argv);

    if (status != PROGRAM_OK)
        return status;
    if (command.help) {
        quarantine_arguments_help(stdout);
        return PROGRAM_OK;
    }
    action = find_action(&command);
    if (action == NULL)
        return program_usage("quarantine");
    (void)signal(SIGPIPE, SIG_IGN);
    return run(&command, action);
}
