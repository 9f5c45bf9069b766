/* Fuzzes filters/attachments/lister.c: whatever the octets are, listing ends within its bounds, and what is
 * told lies in memory that may be read. */
#include "filters/attachments/lister.h"
#include "fuzz.h"

enum { MEMBERS = 40, NAMES = 4096, UNPACKED = 1 << 20, SAMPLE = 512 };

struct told {
    unsigned names, samples, findings;
    unsigned enough; /* after so many names */
    unsigned octets; /* the sum of all, so that they are read */
};

static void read_all(struct told *told, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        told->octets += (unsigned char)text.ptr[i];
}

static bool on_name(void *arg, struct span name)
{
    struct told *told = arg;

    DEMAND(name.len > 0 && told->names < told->enough);
    read_all(told, name);
    return ++told->names < told->enough;
}

static bool on_sample(void *arg, struct span name, struct span octets)
{
    struct told *told = arg;

    DEMAND(octets.len > 0 && octets.len <= SAMPLE);
    read_all(told, name);
    read_all(told, octets);
    told->samples++;
    return true;
}

static bool on_finding(void *arg, enum lister_finding finding, struct span name)
{
    struct told *told = arg;

    DEMAND(finding < FINDINGS);
    read_all(told, name);
    told->findings++;
    return true;
}

void fuzz_one(struct span in)
{
    static const struct lister_calls calls = {on_name, on_sample, on_finding};
    struct lister_bounds bounds = {.memory = 1 << 16,
                                   .depth = 1 + fuzz_choice(&in, LISTER_DEPTH_MOST),
                                   .ratio = 100,
                                   .grace = 1 << 16,
                                   .members = MEMBERS,
                                   .names = NAMES,
                                   .unpacked = UNPACKED,
                                   .sample = SAMPLE};
    struct told told = {.enough = fuzz_choice(&in, 2) == 0 ? UINT32_MAX : 3};
    struct span octets = fuzz_copy(in);

    DEMAND(lister_list(octets, SPAN("x.bin"), &bounds, &calls, &told) == 0);
    DEMAND(bounds.members <= MEMBERS && bounds.unpacked <= UNPACKED);
    DEMAND(told.samples <= MEMBERS && told.names <= NAMES / LISTER_NAME_LEAST);
    fuzz_free(octets);
}
