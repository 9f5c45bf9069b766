/* net_logger.c: tests of net/logger.c and net/log_target.c: whole lines in order, a file moved away, a reader
 * that does not read. */
#include "net/logger.h"

#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static char path[] = "/tmp/postern-log-XXXXXX";
static struct logger logger;

static size_t count_lines(const char *file, const char *word)
{
    FILE *in = fopen(file, "r");
    char line[5000];
    size_t n = 0;

    while (in != NULL && fgets(line, sizeof(line), in) != NULL)
        n += strstr(line, word) != NULL && strchr(line, '\n') != NULL;
    if (in != NULL)
        fclose(in);
    return n;
}

static void test_file(void)
{
    int error;
    struct log_target *target = log_target_open(path, &error);
    char moved[64];

    CHECK(target != NULL);
    logger_init(&logger, target, false);
    log_note(&logger.log, LOG_LEVEL_INFO, "quiet", "one");
    log_note(&logger.log, LOG_LEVEL_DEBUG, "quiet", "not wanted");
    CHECK(count_lines(path, "event=quiet") == 0);
    log_note(&logger.log, LOG_LEVEL_ERROR, "loud", "at once, with all before it");
    CHECK(count_lines(path, "event=quiet") == 1 && count_lines(path, "event=loud") == 1);
    for (int i = 0; i < 5000; i++) /* more than the buffer holds */
        log_note(&logger.log, LOG_LEVEL_INFO, "many", "line %d of many", i);
    logger_flush(&logger);
    CHECK(count_lines(path, "event=many") == 5000 && logger.dropped == 0);
    (void)snprintf(moved, sizeof(moved), "%s.1", path);
    CHECK(rename(path, moved) == 0);
    CHECK(log_target_reopen(target, "/nonexistent/log") < 0);
    CHECK(log_target_reopen(target, path) == 0);
    log_note(&logger.log, LOG_LEVEL_ERROR, "fresh", "in the new file");
    CHECK(count_lines(path, "event=fresh") == 1 && count_lines(moved, "event=fresh") == 0);
    log_target_close(target);
    unlink(moved);
    unlink(path);
}

/* Nobody reads the pipe behind stderr: logging goes on, lines are dropped, counted and reported later. */
static void test_stuck_pipe(void)
{
    int ends[2], error, saved = dup(STDERR_FILENO);
    struct log_target *target;
    char bytes[65536];
    uint64_t dropped;
    size_t lines = 0;

    CHECK(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    target = log_target_open("stderr", &error);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    CHECK(target != NULL);
    logger_init(&logger, target, false);
    for (int i = 0; i < 5000; i++)
        log_note(&logger.log, LOG_LEVEL_INFO, "many", "line %d of many, of which some have no place to go",
                 i);
    dropped = logger.dropped;
    CHECK(dropped > 0);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    for (ssize_t n = 1; n > 0; logger_flush(&logger)) {
        n = read(ends[0], bytes, sizeof(bytes));
        for (ssize_t i = 0; i < n; i++)
            lines += bytes[i] == '\n';
        if (n > 0)
            CHECK(bytes[n - 1] == '\n');
    }
    CHECK(lines + dropped == 5001); /* the report is a line too */
    CHECK(logger.dropped == 0);
    log_target_close(target);
    close(ends[0]);
}

int main(void)
{
    close(mkstemp(path));
    test_file();
    test_stuck_pipe();
    return test_end("net_logger");
}
