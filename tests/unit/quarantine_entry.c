/* A message in the quarantine: read, locked against others, its facts replaced, removed. */
#include "quarantine_fixture.h"

static void test_lock(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    struct entry one, two;

    CHECK(fixture_keep(quarantine, "A1") == 0);
    REQUIRE(entry_open(&one, quarantine, SPAN("A1")) == 0);
    REQUIRE(entry_open(&two, quarantine, SPAN("A1")) == 0);
    CHECK(entry_lock(&one) == 0);
    CHECK(entry_lock(&two) == -EBUSY);
    CHECK(entry_remove(&one) == 0);
    entry_close(&one);
    CHECK(entry_lock(&two) == -ENOENT); /* too late: it is gone */
    entry_close(&two);
    CHECK(entry_open(&one, quarantine, SPAN("A1")) == -ENOENT);
    CHECK(entry_open(&one, quarantine, SPAN("../q/A1")) == -ENOENT);
    CHECK(fixture_files("q", false) == 0);
    quarantine_unref(quarantine);
}

/* The facts of a message that has lost its first recipient. */
static int drop_first(struct entry *entry)
{
    struct facts_file file;
    int error = entry_facts(entry, &file);

    if (error != 0)
        return error;
    file.facts.recipients++;
    file.facts.recipient_count--;
    error = entry_replace_facts(entry, &file.facts);
    facts_close(&file);
    return error;
}

static size_t recipients(const struct entry *entry)
{
    struct facts_file file;
    size_t count;

    REQUIRE(entry_facts(entry, &file) == 0);
    count = file.facts.recipient_count;
    facts_close(&file);
    return count;
}

static void test_replace(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    struct entry entry;
    struct facts_file file;

    CHECK(fixture_keep(quarantine, "B1") == 0);
    REQUIRE(entry_open(&entry, quarantine, SPAN("B1")) == 0);
    CHECK(entry_lock(&entry) == 0);
    CHECK(drop_first(&entry) == 0);
    REQUIRE(entry_facts(&entry, &file) == 0);
    CHECK(file.facts.recipient_count == 1);
    CHECK_SPAN(file.facts.recipients[0].address, SPAN("second@example.net"));
    CHECK_SPAN(file.facts.recipients[0].given, SPAN("other@example.net"));
    CHECK(file.facts.size == 42);
    facts_close(&file);
    CHECK(fixture_files("q/tmp", false) == 0);
    entry_close(&entry);
    quarantine_unref(quarantine);
    fixture_empty();
}

/* Whichever call fails, the facts are the old ones or the new ones. */
static void test_replace_fails(void)
{
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    struct entry entry;
    unsigned failed = 0;
    int error;

    CHECK(fixture_keep(quarantine, "C1") == 0);
    REQUIRE(entry_open(&entry, quarantine, SPAN("C1")) == 0);
    CHECK(entry_lock(&entry) == 0);
    for (unsigned at = 1; at < 20; at++) {
        faults.on = true;
        faults.calls = 0;
        faults.at = at;
        faults.error = ENOSPC;
        error = drop_first(&entry);
        faults.on = false;
        if (error == 0)
            break;
        failed++;
        CHECK(error == -ENOSPC);
        CHECK(fixture_files("q/tmp", false) == 0);
        if (recipients(&entry) == 1)
            break; /* only that it is durable is not known */
    }
    CHECK(failed >= 5); /* open, make, lock, write, sync, rename */
    entry_close(&entry);
    quarantine_unref(quarantine);
    fixture_empty();
}

static void test_damaged(void)
{
    static const struct {
        const char *json;
        int error;
    } cases[] = {
        {"", -EBADMSG},
        {"{", -EBADMSG},
        {"[]", -EBADMSG},
        {"{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[]}", -EBADMSG},
        {"{\"id\":\"X\",\"reverse_path\":\"\",\"recipients\":[{\"address\":\"a@b\"}]}", 0},
    };
    struct quarantine *quarantine = fixture_quarantine(0, 0, 0);
    char path[128];

    CHECK(fixture_keep(quarantine, "D1") == 0);
    (void)snprintf(path, sizeof(path), "%s/D1.json", directory);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct facts_file file;
        struct entry entry;
        FILE *out = fopen(path, "w");
        REQUIRE(out != NULL);
        fputs(cases[i].json, out);
        fclose(out);
        REQUIRE(entry_open(&entry, quarantine, SPAN("D1")) == 0);
        CHECK(entry_facts(&entry, &file) == cases[i].error);
        if (cases[i].error == 0)
            facts_close(&file);
        entry_close(&entry);
    }
    quarantine_unref(quarantine);
    fixture_empty();
}

int main(void)
{
    fixture_begin();
    test_lock();
    test_replace();
    test_replace_fails();
    test_damaged();
    fixture_end();
    return test_end("quarantine_entry");
}
