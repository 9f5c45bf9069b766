/* The quarantine's bounds: how much may be in it, and for how long. */
#include "quarantine_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void age(const char *id, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s.eml", directory, id);
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static void test_message_bound(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 2, 0);

    CHECK(fixture_keep(quarantine, "A1") == 0);
    CHECK(fixture_keep(quarantine, "A2") == 0);
    CHECK(fixture_keep(quarantine, "A3") == -EDQUOT);
    CHECK(fixture_count(quarantine) == 2);
    quarantine_unref(quarantine);
    quarantine = fixture_quarantine(0, 2, 0); /* what was there before counts */
    CHECK(fixture_keep(quarantine, "A4") == -EDQUOT);
    quarantine_unref(quarantine);
    fixture_empty();
}

/* No octet is written beyond the bound, those of drafts included. */
static void test_octet_bound(void)
{
    size_t facts;
    char *json = fixture_facts("B1", &facts);
    uint64_t one = sizeof(FIXTURE_CONTENT) - 1 + facts;
    struct quarantine *quarantine = fixture_quarantine(2 * one, 0, 0);
    struct draft draft;

    CHECK(fixture_keep(quarantine, "B1") == 0);
    CHECK(draft_begin(&draft, quarantine, SPAN("B2")) == 0);
    CHECK(draft_write(&draft, SPAN("x")) == 0);
    CHECK(fixture_keep(quarantine, "B3") == -EDQUOT);
    draft_abort(&draft);
    CHECK(fixture_keep(quarantine, "B3") == 0);
    CHECK(fixture_keep(quarantine, "B4") == -EDQUOT);
    CHECK(fixture_count(quarantine) == 2 && fixture_files("q/tmp", false) == 0);
    free(json);
    quarantine_unref(quarantine);
    fixture_empty();
}

/* What others remove is room again, a second later at the latest. */
static void test_room_is_found(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 1, 0), *other = fixture_quarantine(0, 1, 0);
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 100000000};
    struct entry entry;

    CHECK(fixture_keep(quarantine, "C1") == 0);
    CHECK(quarantine_open(other) == 0);
    REQUIRE(entry_open(&entry, other, SPAN("C1")) == 0);
    CHECK(entry_lock(&entry) == 0 && entry_remove(&entry) == 0);
    entry_close(&entry);
    (void)nanosleep(&second, NULL);
    CHECK(fixture_keep(quarantine, "C2") == 0);
    quarantine_unref(quarantine);
    quarantine_unref(other);
    fixture_empty();
}

static void test_retention(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 3600000);
    struct entry entry;

    CHECK(fixture_keep(quarantine, "D1") == 0);
    CHECK(fixture_keep(quarantine, "D2") == 0);
    CHECK(fixture_keep(quarantine, "D3") == 0);
    age("D1", 3700);
    age("D2", 3700);
    REQUIRE(entry_open(&entry, quarantine, SPAN("D2")) == 0);
    CHECK(entry_lock(&entry) == 0); /* somebody works on it */
    CHECK(quarantine_tend(quarantine) == 0);
    entry_close(&entry);
    CHECK(!fixture_whole(quarantine, "D1") && fixture_whole(quarantine, "D2") &&
          fixture_whole(quarantine, "D3"));
    CHECK(quarantine_tend(quarantine) == 0);
    CHECK(fixture_count(quarantine) == 1 && fixture_files("q", false) == 2);
    quarantine_unref(quarantine);
    fixture_empty();
}

/* Files of others' making are left alone, halves of messages are not messages. */
static void test_strangers(void)
{
    static const char *const strangers[] = {"README", "a.eml", "X Y.json", ".eml"};
    static const char *const halves[] = {"H1.eml", "H2.json", "tmp/H3.eml", "tmp/H4.json"};
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    char path[128];

    CHECK(quarantine_open(quarantine) == 0);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", directory, strangers[i]);
        CHECK(close(open(path, O_WRONLY | O_CREAT, 0600)) == 0);
        (void)snprintf(path, sizeof(path), "%s/%s", directory, halves[i]);
        CHECK(close(open(path, O_WRONLY | O_CREAT, 0600)) == 0);
    }
    CHECK(fixture_count(quarantine) == 0);
    CHECK(quarantine_tend(quarantine) == 0);
    CHECK(fixture_files("q", false) == 4 && fixture_files("q/tmp", false) == 0);
    quarantine_unref(quarantine);
    fixture_empty();
}

/* Another process gives the message its facts between the look for them and the lock. */
static void complete(void)
{
    char from[128], to[128];

    faults.before_lock = NULL;
    (void)snprintf(from, sizeof(from), "%s/facts", root);
    (void)snprintf(to, sizeof(to), "%s/T1.json", directory);
    CHECK(rename(from, to) == 0);
}

static void test_completed_meanwhile(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    char from[128], to[128];

    CHECK(fixture_keep(quarantine, "T1") == 0);
    (void)snprintf(from, sizeof(from), "%s/T1.json", directory);
    (void)snprintf(to, sizeof(to), "%s/facts", root);
    CHECK(rename(from, to) == 0);
    faults.before_lock = complete;
    CHECK(quarantine_tend(quarantine) == 0);
    CHECK(faults.before_lock == NULL && fixture_count(quarantine) == 1);
    quarantine_unref(quarantine);
    fixture_empty();
}

static void test_cannot_open(void)
{
    struct quarantine_bounds bounds = {.directory = "/dev/null"};
    struct quarantine *quarantine = quarantine_new(&bounds);

    CHECK(quarantine_open(quarantine) == -ENOTDIR);
    CHECK(fixture_keep(quarantine, "E1") == -ENOTDIR);
    CHECK(quarantine_tend(quarantine) == -ENOTDIR);
    quarantine_unref(quarantine);
    bounds.directory = "/tmp/postern-there-is-no-such-folder/q";
    quarantine = quarantine_new(&bounds);
    CHECK(fixture_keep(quarantine, "E1") == -ENOENT);
    quarantine_unref(quarantine);
    quarantine_unref(NULL);
}

#define THREADS 4
#define EACH    25

static void *keep_many(void *arg)
{
    static atomic_uint next;
    char id[32];

    for (int i = 0; i < EACH; i++) {
        (void)snprintf(id, sizeof(id), "T%u", atomic_fetch_add(&next, 1));
        if (fixture_keep(arg, id) != 0)
            return arg;
        (void)quarantine_tend(arg);
    }
    return NULL;
}

static void test_threads(void)
{
    /* What is completed while another thread counts may count twice until the next count. */
    struct quarantine *quarantine = fixture_quarantine(0, THREADS * EACH + THREADS, 3600000);
    pthread_t threads[THREADS];
    void *failed;
    char id[32];

    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, keep_many, quarantine) == 0);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
    CHECK(fixture_count(quarantine) == (size_t)THREADS * EACH);
    CHECK(quarantine_tend(quarantine) == 0);
    for (int i = 0; i < THREADS; i++) {
        (void)snprintf(id, sizeof(id), "L%d", i);
        CHECK(fixture_keep(quarantine, id) == 0);
    }
    CHECK(fixture_keep(quarantine, "TOOMANY") == -EDQUOT);
    quarantine_unref(quarantine);
    fixture_empty();
}

int main(void)
{
    fixture_begin();
    test_message_bound();
    test_octet_bound();
    test_room_is_found();
    test_retention();
    test_strangers();
    test_completed_meanwhile();
    test_cannot_open();
    test_threads();
    fixture_end();
    return test_end("quarantine_quarantine");
}
