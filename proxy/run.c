/* run.c: `postern run`: starts the proxy, then obeys signals until it ends. Sessions run on the crew's
 * threads.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "crew.h"
#include "doors.h"
#include "net/logger.h"
#include "notify.h"
#include "passed.h"
#include "program.h"
#include "quarantine/quarantine.h"
#include "rights.h"

#define SIGNAL_ENDED SIGUSR1 /* a worker tells the main thread that it has ended */
#define CHORES       10000   /* milliseconds between two looks at what may have changed */
#define LOOKUPS      16      /* threads that wait for the name service, half of them at a time for names */
#define TENDING      60      /* seconds between two looks at what is too old in the quarantine */

struct run {
    const char *config;
    const char *pidfile;
    struct settings *settings; /* in force */
    struct log_target *target;
    struct logger logger; /* of the main thread */
    struct passed passed;
    struct doors doors;
    struct crew *crew;
    sigset_t signals;
    pthread_t main_thread;
    time_t tended; /* the quarantine */
    bool draining;
};

/* --- starting ------------------------------------------------------------------------------------------- */

static size_t cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static void block_signals(struct run *run)
{
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&run->signals);
    sigaddset(&run->signals, SIGTERM);
    sigaddset(&run->signals, SIGINT);
    sigaddset(&run->signals, SIGHUP);
    sigaddset(&run->signals, SIGNAL_ENDED);
    (void)pthread_sigmask(SIG_BLOCK, &run->signals, NULL);
    run->main_thread = pthread_self();
}

static void on_worker_ended(void *owner)
{
    const struct run *run = owner;

    (void)pthread_kill(run->main_thread, SIGNAL_ENDED);
}

static bool write_pidfile(struct run *run)
{
    FILE *file;
    bool written;

    if (run->pidfile == NULL)
        return true;
    file = fopen(run->pidfile, "we");
    written = file != NULL && fprintf(file, "%d\n", (int)getpid()) > 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written)
        log_note(&run->logger.log, LOG_LEVEL_ERROR, "start", "cannot write %s: %s", run->pidfile,
                 strerror(errno));
    return written;
}

static void adopt_log_settings(struct run *run)
{
    run->logger.log.level = (enum log_level)run->settings->log.level;
    run->logger.log.format = (enum log_format)run->settings->log.format;
}

static bool open_log(struct run *run)
{
    int error;

    run->target = log_target_open(run->settings->log.to, &error);
    if (run->target == NULL) {
        fprintf(stderr, "postern: cannot log to %s: %s\n", run->settings->log.to, strerror(-error));
        return false;
    }
    logger_init(&run->logger, run->target, true);
    adopt_log_settings(run);
    return true;
}

static void log_start(struct run *run)
{
    struct log_line line;

    if (!log_wants(&run->logger.log, LOG_LEVEL_INFO))
        return;
    log_begin(&line, &run->logger.log, LOG_LEVEL_INFO, "start");
    log_field(&line, "version", SPAN(POSTERN_VERSION));
    log_number(&line, "pid", (uint64_t)getpid());
    log_number(&line, "workers", run->doors.workers);
    log_number(&line, "listeners", run->doors.count);
    log_end(&line);
}

/* One more for each worker's quarantine. */
static void size_thread_pool(size_t workers)
{
    char threads[24];

    (void)snprintf(threads, sizeof(threads), "%zu", LOOKUPS + workers);
    (void)setenv("UV_THREADPOOL_SIZE", threads, 0);
}

/* A quarantine that cannot be used is found out before messages are. */
static bool open_quarantine(const struct settings *settings, struct log *log, const char *event)
{
    struct quarantine *quarantine = settings->quarantine.store;
    int error = quarantine != NULL ? quarantine_open(quarantine) : 0;

    if (error != 0)
        log_note(log, LOG_LEVEL_ERROR, event, "cannot use the quarantine %s: %s",
                 settings->quarantine.directory, strerror(-error));
    return error == 0;
}

/* Everything that needs root's rights comes before they are given up. */
static bool start(struct run *run)
{
    struct log *log = &run->logger.log;
    const struct settings *settings = run->settings;
    size_t workers = settings->workers > 0 ? (size_t)settings->workers : cores();
    int error;

    rights_raise_files(log);
    size_thread_pool(workers);
    doors_init(&run->doors, workers, &run->passed);
    if (!passed_take(&run->passed, log) || doors_update(&run->doors, settings, log) != 0 ||
        !write_pidfile(run) || !rights_drop(settings, log) || !open_quarantine(settings, log, "start"))
        return false;
    log_start(run);
    run->crew = crew_new(workers, run->target, on_worker_ended, run);
    if (run->crew == NULL || !crew_configure(run->crew, run->settings, &run->doors)) {
        log_note(log, LOG_LEVEL_ERROR, "start", "no memory for %zu workers", workers);
        return false;
    }
    error = crew_start(run->crew);
    if (error != 0) {
        log_note(log, LOG_LEVEL_ERROR, "start", "cannot start a worker: %s", strerror(-error));
        return false;
    }
    return true;
}

/* --- signals -------------------------------------------------------------------------------------------- */

static void log_event(struct run *run, const char *event)
{
    struct log_line line;

    if (!log_wants(&run->logger.log, LOG_LEVEL_INFO))
        return;
    log_begin(&line, &run->logger.log, LOG_LEVEL_INFO, event);
    log_end(&line);
}

static void log_complaints(struct run *run, enum log_level level, const char *event, char *complaints)
{
    char *rest = NULL;

    for (char *line = strtok_r(complaints, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        log_note(&run->logger.log, level, event, "%s", line);
}

/* The settings of the file as it is now, or NULL after every complaint has been logged. */
static struct settings *load_again(struct run *run)
{
    struct settings *settings;
    char *complaints = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&complaints, &len);

    if (stream == NULL)
        return NULL;
    settings = config_load(run->config, stream);
    if (fclose(stream) == 0 && settings == NULL)
        log_complaints(run, LOG_LEVEL_ERROR, "reload_refused", complaints);
    else if (settings != NULL)
        log_complaints(run, LOG_LEVEL_WARN, "config", complaints);
    free(complaints);
    return settings;
}

static void put_in_force(struct run *run, struct settings *settings)
{
    struct settings *old = run->settings;
    struct log *log = &run->logger.log;

    run->settings = settings;
    (void)rights_suffice(settings, log);
    (void)doors_update(&run->doors, settings, log);
    if (!crew_configure(run->crew, settings, &run->doors))
        log_note(log, LOG_LEVEL_ERROR, "reload", "no memory to tell every worker");
    settings_unref(old);
}

/* The log is opened anew in any case: that is how rotating it is told. */
static void reload(struct run *run)
{
    struct settings *settings;
    int error;

    notify_reloading();
    settings = load_again(run);
    if (settings != NULL && !open_quarantine(settings, &run->logger.log, "reload_refused")) {
        settings_unref(settings);
        settings = NULL;
    }
    if (settings != NULL)
        put_in_force(run, settings);
    error = log_target_reopen(run->target, run->settings->log.to);
    if (error != 0)
        log_note(&run->logger.log, LOG_LEVEL_ERROR, "reload", "cannot log to %s: %s", run->settings->log.to,
                 strerror(-error));
    adopt_log_settings(run);
    if (settings != NULL)
        log_event(run, "reload");
    notify_ready(run->doors.count, run->doors.workers);
}

/* The first request to end is polite, the second is not. */
static void end_request(struct run *run)
{
    if (run->draining) {
        log_event(run, "aborted");
        _exit(PROGRAM_FAILED);
    }
    run->draining = true;
    notify_stopping();
    log_event(run, "drain");
    if (!crew_drain(run->crew, run->settings->timeouts.drain))
        _exit(PROGRAM_FAILED);
}

static void tend_quarantine(struct run *run)
{
    struct quarantine *quarantine = run->settings->quarantine.store;
    time_t now = time(NULL);
    int error;

    if (quarantine == NULL || (now >= run->tended && now - run->tended < TENDING))
        return;
    run->tended = now;
    error = quarantine_tend(quarantine);
    if (error != 0)
        log_note(&run->logger.log, LOG_LEVEL_ERROR, "quarantine", "%s cannot be tended: %s",
                 run->settings->quarantine.directory, strerror(-error));
}

/* Certificates are renewed by others, who need not tell. */
static void refresh_certificates(struct run *run)
{
    char *complaints = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&complaints, &len);
    bool fresh;

    if (stream == NULL)
        return;
    fresh = config_refresh(run->settings, stream);
    if (fclose(stream) == 0)
        log_complaints(run, fresh ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "certificates", complaints);
    free(complaints);
    if (fresh)
        log_note(&run->logger.log, LOG_LEVEL_INFO, "certificates", "changed files are in use");
}

static void look_after(struct run *run)
{
    refresh_certificates(run);
    tend_quarantine(run);
}

/* How long to wait for a signal: the service manager wants to hear from us in half the time that it allows.
 */
static struct timespec patience(void)
{
    uint64_t ms = notify_interval() / 2;

    if (ms == 0 || ms > CHORES)
        ms = CHORES;
    return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
}

static void obey_signals(struct run *run)
{
    const struct timespec wait = patience();

    while (crew_left(run->crew) > 0) {
        int number = sigtimedwait(&run->signals, NULL, &wait);
        notify_alive();
        if (number < 0 && errno == EAGAIN)
            look_after(run);
        if (number == SIGTERM || number == SIGINT)
            end_request(run);
        else if (number == SIGHUP && !run->draining)
            reload(run);
    }
}

/* --- the subcommand ------------------------------------------------------------------------------------- */

static int serve(struct run *run)
{
    run->settings = config_load(run->config, stderr);
    if (run->settings == NULL)
        return PROGRAM_BAD_CONFIG;
    block_signals(run);
    if (!open_log(run) || !start(run))
        return PROGRAM_FAILED;
    log_event(run, "ready");
    notify_ready(run->doors.count, run->doors.workers);
    obey_signals(run);
    crew_join(run->crew);
    if (run->pidfile != NULL)
        (void)unlink(run->pidfile);
    log_event(run, "stop");
    doors_clear(&run->doors);
    passed_free(&run->passed);
    log_target_close(run->target);
    settings_unref(run->settings);
    return PROGRAM_OK;
}

int run_main(int argc, char **argv)
{
    static struct run run = {.config = PROGRAM_CONFIG};

    for (int c = getopt(argc, argv, "+c:p:"); c != -1; c = getopt(argc, argv, "+c:p:")) {
        if (c == 'c')
            run.config = optarg;
        else if (c == 'p')
            run.pidfile = optarg;
        else
            return program_usage("run");
    }
    return optind == argc ? serve(&run) : program_usage("run");
}
