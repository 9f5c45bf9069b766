/* scan.c: `postern scan`: says what the filters would do with stored messages. The sessions that it is found
 * out with are left to proxy/scan/, what is told to scan_report.c. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "config/config.h"
#include "net/worker.h"
#include "program.h"
#include "scan/mailbox.h"
#include "scan/trial.h"
#include "scan_arguments.h"
#include "scan_report.h"
#include "session/server.h"

enum scan_exit { SCAN_ACCEPTED = 0, SCAN_REFUSED = 1, SCAN_TROUBLE = 3 };

/* The configuration that is tried, and the one it is compared with. */
enum { TRIAL_NEW, TRIAL_OLD, TRIALS };

struct scan {
    struct scan_arguments arguments;
    struct worker *worker;
    struct trial *trials[TRIALS];
    struct finding findings[TRIALS];
    size_t trial; /* the one under way */
    struct mailbox *mailbox;
    struct letter letter;
    struct scan_report report;
    uint64_t began, ended; /* world_now() */
};

/* The first task of the worker's thread. */
struct beginning {
    struct worker_task task;
    struct scan *scan;
};

/* --- the worker's thread -------------------------------------------------------------------------------- */

static void next_message(struct scan *scan);

static bool is_last_trial(const struct scan *scan)
{
    return scan->trial + 1 == TRIALS || scan->trials[scan->trial + 1] == NULL;
}

static void on_done(void *owner);

/* False: the message cannot be tried. */
static bool begin(struct scan *scan, size_t trial)
{
    int error;

    scan->trial = trial;
    error = trial_begin(scan->trials[trial], &scan->letter, &scan->findings[trial], on_done, scan);
    if (error != 0)
        scan_report_trouble(&scan->report, scan->letter.name, error);
    return error == 0;
}

static void on_done(void *owner)
{
    struct scan *scan = owner;
    struct mailbox_extent extent;

    if (!is_last_trial(scan)) {
        if (begin(scan, scan->trial + 1))
            return;
    } else {
        scan_report_message(&scan->report, scan->letter.name, &scan->findings[TRIAL_NEW],
                            scan->trials[TRIAL_OLD] != NULL ? &scan->findings[TRIAL_OLD] : NULL);
        mailbox_extent(scan->mailbox, &extent);
        scan_report_progress(&scan->report, &extent, world_now(worker_world(scan->worker)));
    }
    next_message(scan);
}

static void next_message(struct scan *scan)
{
    int found;

    do {
        found = mailbox_next(scan->mailbox, &scan->letter);
        if (found < 0)
            scan_report_trouble(&scan->report, scan->letter.name, found);
        if (found > 0 && begin(scan, TRIAL_NEW))
            return;
    } while (found != 0);
    scan->ended = world_now(worker_world(scan->worker));
    worker_stop(scan->worker);
}

static void tell(void *owner, struct span line)
{
    (void)owner;
    fwrite(line.ptr, 1, line.len, stderr);
}

static void run_beginning(struct worker_task *task)
{
    struct scan *scan = ((struct beginning *)task)->scan;

    scan->began = world_now(worker_world(scan->worker));
    next_message(scan);
}

static void on_ended(void *owner)
{
    struct scan *scan = owner;

    for (size_t i = 0; i < TRIALS; i++)
        if (scan->trials[i] != NULL)
            trial_free(scan->trials[i]);
}

/* --- the main thread ------------------------------------------------------------------------------------ */

/* What the program ends with, or PROGRAM_OK. */
static int open_trial(struct scan *scan, size_t trial, const char *path)
{
    struct settings *settings = config_load(path, stderr);

    if (settings == NULL)
        return PROGRAM_BAD_CONFIG;
    scan->trials[trial] = trial_new(worker_world(scan->worker), settings, &scan->arguments.client,
                                    scan->arguments.verbose ? tell : NULL, scan);
    if (scan->trials[trial] != NULL)
        return PROGRAM_OK;
    fprintf(stderr, "postern scan: out of memory\n");
    return SCAN_TROUBLE;
}

static int open_trials(struct scan *scan)
{
    int status = open_trial(scan, TRIAL_NEW, scan->arguments.config);

    if (status == PROGRAM_OK && scan->arguments.against != NULL)
        status = open_trial(scan, TRIAL_OLD, scan->arguments.against);
    return status;
}

static void find_messages(struct scan *scan)
{
    for (size_t i = 0; i < scan->arguments.count; i++) {
        const char *path = scan->arguments.messages[i];
        int error = mailbox_add(scan->mailbox, path);
        if (error != 0)
            scan_report_trouble(&scan->report, path, error);
    }
}

static int status_of(const struct scan_report *report)
{
    bool refused = report->comparing ? report->changed != 0 : report->messages != report->verdicts[0];

    if (report->trouble != 0)
        return SCAN_TROUBLE;
    return refused ? SCAN_REFUSED : SCAN_ACCEPTED;
}

/* Until every message has been tried; the worker is gone then. */
static void try_all(struct scan *scan)
{
    struct beginning beginning = {{.run = run_beginning}, scan};
    int error;

    find_messages(scan);
    worker_post(scan->worker, &beginning.task);
    error = worker_start(scan->worker);
    worker_join(scan->worker);
    if (error != 0)
        scan_report_trouble(&scan->report, "starting", error);
    scan_report_end(&scan->report, (double)(scan->ended - scan->began) / 1e3);
}

static int run_scan(struct scan *scan, struct log_target *target)
{
    const struct worker_owner owner = {.ended = on_ended, .owner = scan};
    int error, status;

    scan->worker = worker_new(&owner, target, &error);
    if (scan->worker == NULL) {
        scan_report_trouble(&scan->report, "starting", error);
        return SCAN_TROUBLE;
    }
    status = open_trials(scan);
    if (status != PROGRAM_OK) {
        worker_join(scan->worker);
        return status;
    }
    try_all(scan);
    return status_of(&scan->report);
}

int scan_main(int argc, char **argv)
{
    static struct scan scan;
    struct log_target *target;
    int error, status = scan_arguments_read(&scan.arguments, argc, argv);

    if (status != PROGRAM_OK)
        return status;
    if (scan.arguments.help) {
        scan_arguments_help(stdout);
        return PROGRAM_OK;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    scan.report = (struct scan_report){.json = scan.arguments.json,
                                       .quiet = scan.arguments.quiet,
                                       .comparing = scan.arguments.against != NULL,
                                       .bar = isatty(STDERR_FILENO) == 1};
    target = log_target_open("stderr", &error);
    scan.mailbox = mailbox_new();
    if (target == NULL || scan.mailbox == NULL) {
        fprintf(stderr, "postern scan: cannot begin\n");
        return SCAN_TROUBLE;
    }
    status = run_scan(&scan, target);
    mailbox_free(scan.mailbox);
    log_target_close(target);
    return status;
}
