/* base_hold.c: what is appended is read back from anywhere, wherever it lies; the disk and memory may fail.
 */
#include "base/hold.h"

#include <errno.h>

#include "base/mem.h"
#include "lab.h"
#include "test.h"

/* So many octets in pieces of so many, with so many in memory. */
static void check(struct lab *lab, size_t octets, size_t piece, size_t memory)
{
    static char all[20000], back[20000];
    struct hold hold = {.world = &lab->world, .memory_limit = memory};

    for (size_t i = 0; i < octets; i++)
        all[i] = (char)(i * 7 + i / 251);
    for (size_t at = 0; at < octets; at += piece)
        REQUIRE(hold_add(&hold, span_of(all + at, octets - at < piece ? octets - at : piece)) == 0);
    CHECK(hold_octets(&hold) == octets);
    CHECK(hold.used <= memory && lab->files == (octets > hold.used));
    for (size_t from = 0; from <= octets; from += 1 + octets / 13) {
        size_t got = from;
        for (long n = 1; n > 0; got += (size_t)n) {
            n = hold_read(&hold, got, back + got, 777);
            REQUIRE(n >= 0);
        }
        CHECK(got == octets && memcmp(back + from, all + from, octets - from) == 0);
        CHECK_SPAN(hold_in_memory(&hold, from), span_of(all + from, from < hold.used ? hold.used - from : 0));
    }
    hold_free(&hold);
    CHECK(hold_octets(&hold) == 0 && lab->files == 0);
}

static void test_sizes(struct lab *lab)
{
    static const size_t sizes[] = {0, 1, 4096, 4097, 20000}, pieces[] = {1, 1000, 20000},
                        limits[] = {0, 1, 4096, 5000, 100000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (size_t j = 0; j < sizeof(pieces) / sizeof(*pieces); j++)
            for (size_t k = 0; k < sizeof(limits) / sizeof(*limits); k++)
                check(lab, sizes[i], pieces[j], limits[k]);
}

static void test_no_disk(struct lab *lab)
{
    struct hold hold = {.world = &lab->world, .memory_limit = 4};

    lab->disk = 3;
    CHECK(hold_add(&hold, SPAN("1234")) == 0);
    CHECK(hold_add(&hold, SPAN("567")) == 0);
    CHECK(hold_add(&hold, SPAN("8")) == -ENOSPC);
    hold_free(&hold);
    lab->disk_broken = true;
    CHECK(hold_add(&hold, SPAN("12345")) == -ENOSPC);
    hold_free(&hold);
    lab->disk_broken = false;
    lab->disk = UINT64_MAX;
}

static bool none(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return false;
}

static void test_no_memory(struct lab *lab)
{
    struct hold hold = {.world = &lab->world, .memory_limit = 100};

    mem_set_gate(none, NULL);
    CHECK(hold_add(&hold, SPAN("1234")) == -ENOMEM);
    mem_set_gate(NULL, NULL);
    CHECK(hold_octets(&hold) == 0);
    hold_free(&hold);
}

int main(void)
{
    struct lab lab;

    lab_init(&lab, 1);
    test_sizes(&lab);
    test_no_disk(&lab);
    test_no_memory(&lab);
    lab_free(&lab);
    return test_end("base_hold");
}
