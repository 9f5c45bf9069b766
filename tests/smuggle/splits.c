/* splits.c: every session script again, its octets cut in two at every place, in either direction: what is
 * said and what filters are shown is always the same. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/registry.h"
#include "filters/filters.h"
#include "play.h"
#include "record.h"
#include "report.h"
#include "script_filter.h"

#define PLACES_MOST 1024 /* in one direction of one script; of more, the ends and some between */

/* A script with its settings, and what comes of it when octets come at once. */
struct part {
    struct script script;
    struct settings *settings;
    struct play_outcome whole;
    struct record record;
};

static unsigned long plays, places, left_out;

static void insert(struct lab_bytes *bytes, size_t at, struct span s)
{
    struct lab_bytes rest = {0};

    lab_bytes_add(&rest, lab_bytes_from(bytes, at));
    bytes->len = at;
    lab_bytes_add(bytes, s);
    lab_bytes_add(bytes, lab_bytes_from(&rest, 0));
    lab_bytes_free(&rest);
}

/* The filter that records comes before all others. */
static void add_recorder(struct lab_bytes *yaml)
{
    static const struct span flow = SPAN("\nfilters: ["), block = SPAN("\nfilters:\n");
    const char *found;

    insert(yaml, 0, SPAN("\n"));
    if ((found = memmem(yaml->ptr, yaml->len, flow.ptr, flow.len)) != NULL)
        insert(yaml, (size_t)(found - yaml->ptr) + flow.len, SPAN("record, "));
    else if ((found = memmem(yaml->ptr, yaml->len, block.ptr, block.len)) != NULL)
        insert(yaml, (size_t)(found - yaml->ptr) + block.len, SPAN("  - record\n"));
    else
        lab_bytes_add(yaml, SPAN("filters: [record]\n"));
}

static bool disagree(const struct part *part, const struct play_manner *manner, const char *what)
{
    char bytes[96];

    (void)snprintf(bytes, sizeof(bytes), "%s: %s, client at %zu, upstream at %zu", what, manner->name,
                   manner->client.split, manner->upstream.split);
    report_disagreement(span_str(part->script.path), bytes);
    return false;
}

/* Plays in this manner; false: it did not come to the same. */
static bool compare(const struct part *part, const struct play_manner *manner)
{
    struct play_outcome outcome = {0};
    bool good = true;

    plays++;
    record_clear();
    if (!play_script(&part->script, part->settings, manner, &outcome))
        good = disagree(part, manner, "failed");
    else if (!part->whole.varies &&
             !span_eq(lab_bytes_from(&part->whole.said, 0), lab_bytes_from(&outcome.said, 0)))
        good = disagree(part, manner, "what was said");
    else if (!part->whole.varies && !record_same(&part->record, &record))
        good = disagree(part, manner, "what filters were shown");
    play_outcome_free(&outcome);
    return good;
}

/* The place after `at`: the next, but where there are too many some are left out between both ends. */
static size_t next_place(size_t at, size_t octets, size_t stride, size_t thin)
{
    size_t edge = PLACES_MOST / 4 / thin;

    if (stride > 1 && at > edge && at + edge + stride < octets) {
        left_out += stride - 1;
        return at + stride;
    }
    return at + 1;
}

static bool split(const struct part *part, bool client, size_t octets, size_t thin)
{
    size_t stride = (octets > PLACES_MOST ? 2 * octets / PLACES_MOST : 1) * thin;
    bool good = true;

    for (size_t at = 1; at < octets && good; at = next_place(at, octets, stride, thin)) {
        struct play_manner manner = {.name = "split"};
        *(client ? &manner.client : &manner.upstream) = (struct lab_manner){.split = at};
        good = compare(part, &manner);
        places++;
    }
    return good;
}

static void check(const char *path, size_t thin)
{
    static const struct play_manner once = {.name = "at once"};
    static const struct play_manner others[] = {
        {.name = "client octet by octet", .client = {.piece = 1}},
        {.name = "upstream octet by octet", .upstream = {.piece = 1}},
        {.name = "both octet by octet", .client = {.piece = 1}, .upstream = {.piece = 1}},
        {.name = "slow peers", .client = {.accept = 1}, .upstream = {.accept = 1}},
        {.name = "slow peers, octet by octet",
         .client = {.piece = 1, .accept = 1},
         .upstream = {.piece = 1, .accept = 1}},
    };
    struct part part = {0};
    bool good = script_read(&part.script, path);

    add_recorder(&part.script.config);
    part.settings = good ? play_settings(&part.script) : NULL;
    record_clear();
    good = part.settings != NULL && play_script(&part.script, part.settings, &once, &part.whole);
    if (!good)
        (void)disagree(&part, &once, "failed");
    record_copy(&part.record);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others) && good; i++)
        good = compare(&part, &others[i]);
    good = good && split(&part, true, part.whole.client_octets, thin);
    if (good)
        (void)split(&part, false, part.whole.upstream_octets, thin);
    record_free(&part.record);
    play_outcome_free(&part.whole);
    settings_unref(part.settings);
    script_free(&part.script);
}

int main(int argc, char **argv)
{
    size_t thin = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

    if (thin == 0) {
        fprintf(stderr, "usage: splits STRIDE FILE...\n");
        return 64;
    }
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    registry_add(&script_filter);
    registry_add(&record_filter);
    for (int i = 2; i < argc; i++)
        check(argv[i], thin);
    printf("%d scripts, %lu plays, %lu places, %lu left out\n", argc - 2, plays, places, left_out);
    return report_end(places, "splits");
}
