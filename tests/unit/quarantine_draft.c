/* A message on its way into the quarantine: there when it is durable, whole, and nothing of it otherwise,
 * whichever system call fails or is the last one made. */
#include "quarantine_fixture.h"

#include <sys/wait.h>

static void test_keeps(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    struct stat status;
    char path[128];

    CHECK(fixture_keep(quarantine, "0ABC1") == 0);
    CHECK(fixture_count(quarantine) == 1);
    CHECK(fixture_files("q", false) == 2 && fixture_files("q/tmp", false) == 0);
    CHECK(stat(directory, &status) == 0 && (status.st_mode & 07777) == 0700);
    (void)snprintf(path, sizeof(path), "%s/0ABC1.eml", directory);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
    (void)snprintf(path, sizeof(path), "%s/0ABC1.json", directory);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
    quarantine_unref(quarantine);
    fixture_empty();
}

static void test_names(void)
{
    static const char *const bad[] = {"", "../X", "A/B", "a", "A.B", "A B", "A\n", ".", "tmp"};
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    char longest[QUARANTINE_ID_MAX + 2];

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(fixture_keep(quarantine, bad[i]) == -EINVAL);
    memset(longest, 'A', sizeof(longest));
    CHECK(!quarantine_is_id(span_of(longest, QUARANTINE_ID_MAX + 1)));
    CHECK(quarantine_is_id(span_of(longest, QUARANTINE_ID_MAX)));
    CHECK(!quarantine_is_id(span_of("A\0B", 3)));
    quarantine_unref(quarantine);
    fixture_empty();
}

/* The octets of a write arrive one at a time. */
static void test_short_writes(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);

    faults.on = faults.stingy = true;
    CHECK(fixture_keep(quarantine, "S1") == 0);
    faults.on = faults.stingy = false;
    CHECK(fixture_count(quarantine) == 1);
    quarantine_unref(quarantine);
    fixture_empty();
}

static void arm(unsigned at, int error, bool lasting)
{
    faults.on = true;
    faults.calls = 0;
    faults.at = at;
    faults.error = error;
    faults.lasting = lasting;
}

/* The number of calls that keeping a message in an open quarantine takes. */
static unsigned calls_needed(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    unsigned calls;

    CHECK(quarantine_open(quarantine) == 0);
    arm(0, 0, false);
    CHECK(fixture_keep(quarantine, "N1") == 0);
    calls = faults.calls;
    faults.on = false;
    /* Both files are durable before they have their names, the names before anybody is told. */
    CHECK_SPAN(span_of(faults.made, calls), SPAN("olwwolwssrrs"));
    quarantine_unref(quarantine);
    fixture_empty();
    return calls;
}

/* One call fails: the message is not kept, nothing of it remains, and the next one is. */
static void test_one_failure(unsigned calls)
{
    static const int errors[] = {ENOSPC, EIO, EACCES, EROFS};

    for (unsigned at = 1; at <= calls; at++)
        for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
            struct quarantine *quarantine = fixture_quarantine(0, 1, 0);
            CHECK(quarantine_open(quarantine) == 0);
            arm(at, errors[i], false);
            CHECK(fixture_keep(quarantine, "F1") == -errors[i]);
            faults.on = false;
            CHECK(fixture_count(quarantine) == 0);
            CHECK(fixture_files("q", false) == 0 && fixture_files("q/tmp", false) == 0);
            CHECK(fixture_keep(quarantine, "F2") == 0); /* the one that there is room for */
            quarantine_unref(quarantine);
            fixture_empty();
        }
}

/* From one call on everything fails: what is listed is whole, and what is left goes when it is tended. */
static void test_lasting_failure(unsigned calls)
{
    for (unsigned at = 1; at <= calls; at++) {
        struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
        CHECK(quarantine_open(quarantine) == 0);
        arm(at, EIO, true);
        CHECK(fixture_keep(quarantine, "L1") == -EIO);
        faults.on = false;
        CHECK(fixture_count(quarantine) <= 1);
        CHECK(quarantine_tend(quarantine) == 0);
        CHECK(fixture_files("q", false) == 2 * fixture_count(quarantine) &&
              fixture_files("q/tmp", false) == 0);
        quarantine_unref(quarantine);
        fixture_empty();
    }
}

static void keep_and_die(unsigned at)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);

    if (quarantine_open(quarantine) != 0)
        _exit(2);
    arm(at, 0, false);
    _exit(fixture_keep(quarantine, "K1") == 0 ? 1 : 2);
}

/* The process dies instead of making a call. 1: it had been told that the message is kept. */
static int die_at(unsigned at)
{
    pid_t child;
    int status = 0;

    fflush(stdout);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        keep_and_die(at);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status);
}

static void test_death(unsigned calls)
{
    for (unsigned at = 1; at <= calls + 1; at++) {
        bool kept = die_at(at) == 1;
        struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
        size_t found = fixture_count(quarantine);
        CHECK(kept == (at > calls));
        CHECK(found == 1 || (found == 0 && !kept));
        CHECK(fixture_files("q", false) == 2 * found && fixture_files("q/tmp", false) == 0);
        quarantine_unref(quarantine);
        fixture_empty();
    }
}

/* What is being written is not taken for something left over. */
static void test_draft_is_tended_around(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0), *other = fixture_quarantine(0, 0, 0);
    struct draft draft;
    size_t len;
    char *json = fixture_facts("D1", &len);

    CHECK(draft_begin(&draft, quarantine, SPAN("D1")) == 0);
    CHECK(draft_write(&draft, SPAN(FIXTURE_CONTENT)) == 0);
    CHECK(quarantine_tend(quarantine) == 0);
    CHECK(quarantine_open(other) == 0);
    CHECK(fixture_files("q/tmp", false) == 1);
    CHECK(draft_commit(&draft, span_of(json, len)) == 0);
    CHECK(fixture_count(other) == 1);
    free(json);
    quarantine_unref(quarantine);
    quarantine_unref(other);
    fixture_empty();
}

int main(void)
{
    unsigned calls;

    fixture_begin();
    test_keeps();
    test_names();
    test_short_writes();
    calls = calls_needed();
    test_one_failure(calls);
    test_lasting_failure(calls);
    test_death(calls);
    test_draft_is_tended_around();
    fixture_end();
    return test_end("quarantine_draft");
}
