/* trigger_vectorscan.c: looks for literals with Vectorscan (or Hyperscan): one pass, whatever their number.
 */
#include <hs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters/regex/trigger_private.h"

struct vectorscan_set {
    struct trigger_set set;
    hs_database_t *database;
    size_t database_size, stream_size;
    unsigned serial; /* no other set has ever had it */
};

struct vectorscan_run {
    struct trigger_run run;
    hs_stream_t *stream;
};

/* --- what a thread needs to look: one for all databases, as large as the largest has asked for ------------
 */

enum { SETS_KNOWN = 64 };

static _Thread_local hs_scratch_t *scratch;
static _Thread_local unsigned scratch_sets[SETS_KNOWN]; /* serials of sets that it is known to do for */
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key; /* only so that it is freed with its thread */

static void scratch_free(void *arg)
{
    hs_free_scratch(arg);
    scratch = NULL;
}

static void scratch_make_key(void)
{
    if (pthread_key_create(&scratch_key, scratch_free) != 0)
        abort();
}

/* The thread's own is large enough for the set. To ask Vectorscan costs a look at the whole database. */
static bool scratch_fits(const struct vectorscan_set *set)
{
    unsigned *known = &scratch_sets[set->serial % SETS_KNOWN];

    if (*known == set->serial)
        return true;
    pthread_once(&scratch_once, scratch_make_key);
    if (hs_alloc_scratch(set->database, &scratch) != HS_SUCCESS ||
        pthread_setspecific(scratch_key, scratch) != 0)
        return false;
    *known = set->serial;
    return true;
}

/* --- sets ------------------------------------------------------------------------------------------------
 */

/* Literals as expressions in which nothing has a meaning but its octet. */
struct sources {
    char (*text)[4 * LITERAL_MAX + 1];
    const char **expressions;
    unsigned *flags, *ids;
};

static bool sources_fill(struct sources *sources, const struct literal *literals, size_t count)
{
    sources->text = calloc(count, sizeof *sources->text);
    sources->expressions = calloc(count, sizeof *sources->expressions);
    sources->flags = calloc(count, sizeof *sources->flags);
    sources->ids = calloc(count, sizeof *sources->ids);
    if (sources->text == NULL || sources->expressions == NULL || sources->flags == NULL ||
        sources->ids == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        char *at = sources->text[i];
        for (unsigned n = 0; n < literals[i].len; n++, at += 4)
            snprintf(at, 5, "\\x%02x", (unsigned char)literals[i].octets[n]);
        sources->expressions[i] = sources->text[i];
        sources->flags[i] = literals[i].caseless ? HS_FLAG_CASELESS : 0;
        sources->ids[i] = (unsigned)i;
    }
    return true;
}

static void sources_free(struct sources *sources)
{
    free(sources->text);
    free(sources->expressions);
    free(sources->flags);
    free(sources->ids);
}

static hs_database_t *compile(const struct literal *literals, size_t count, const char **error)
{
    struct sources sources = {.text = NULL};
    hs_database_t *database = NULL;
    hs_compile_error_t *why = NULL;

    *error = "memory is short";
    if (sources_fill(&sources, literals, count) &&
        hs_compile_multi(sources.expressions, sources.flags, sources.ids, (unsigned)count, HS_MODE_STREAM,
                         NULL, &database, &why) != HS_SUCCESS) {
        *error = "Vectorscan cannot make a database of the patterns";
        hs_free_compile_error(why);
    }
    sources_free(&sources);
    return database;
}

static void vectorscan_drop(struct trigger_set *arg)
{
    struct vectorscan_set *set = (struct vectorscan_set *)(void *)arg;

    hs_free_database(set->database);
    free(set);
}

static struct trigger_set *vectorscan_make(const struct literal *literals, size_t count, const char **error)
{
    static atomic_uint serials;
    struct vectorscan_set *set = calloc(1, sizeof *set);

    if (set == NULL || (set->database = compile(literals, count, error)) == NULL) {
        free(set);
        return NULL;
    }
    set->set.ops = &trigger_vectorscan;
    set->serial = atomic_fetch_add(&serials, 1) + 1;
    if (hs_database_size(set->database, &set->database_size) != HS_SUCCESS ||
        hs_stream_size(set->database, &set->stream_size) != HS_SUCCESS) {
        vectorscan_drop(&set->set);
        return NULL;
    }
    return &set->set;
}

static size_t vectorscan_set_size(const struct trigger_set *set)
{
    return ((const struct vectorscan_set *)(const void *)set)->database_size;
}

static size_t vectorscan_run_size(const struct trigger_set *set)
{
    return ((const struct vectorscan_set *)(const void *)set)->stream_size;
}

/* --- texts -----------------------------------------------------------------------------------------------
 */

static struct trigger_run *vectorscan_begin(const struct trigger_set *arg)
{
    const struct vectorscan_set *set = (const struct vectorscan_set *)(const void *)arg;
    struct vectorscan_run *run = calloc(1, sizeof *run);

    if (run == NULL || hs_open_stream(set->database, 0, &run->stream) != HS_SUCCESS) {
        free(run);
        return NULL;
    }
    run->run.set = arg;
    return &run->run;
}

struct listener {
    trigger_seen *seen;
    void *arg;
};

static int on_seen(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
    const struct listener *listener = arg;

    (void)from, (void)flags;
    listener->seen(listener->arg, id, to);
    return 0;
}

static bool vectorscan_feed(struct trigger_run *arg, struct span piece, trigger_seen *seen, void *seen_arg)
{
    struct vectorscan_run *run = (struct vectorscan_run *)(void *)arg;
    const struct vectorscan_set *set = (const struct vectorscan_set *)(const void *)arg->set;
    struct listener listener = {seen, seen_arg};

    return scratch_fits(set) && hs_scan_stream(run->stream, piece.ptr, (unsigned)piece.len, 0, scratch,
                                               on_seen, &listener) == HS_SUCCESS;
}

static bool vectorscan_restart(struct trigger_run *arg)
{
    return hs_reset_stream(((struct vectorscan_run *)(void *)arg)->stream, 0, NULL, NULL, NULL) == HS_SUCCESS;
}

static void vectorscan_end(struct trigger_run *arg)
{
    struct vectorscan_run *run = (struct vectorscan_run *)(void *)arg;

    hs_close_stream(run->stream, NULL, NULL, NULL);
    free(run);
}

static bool vectorscan_usable(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

const struct trigger_ops trigger_vectorscan = {
    .usable = vectorscan_usable,
    .make = vectorscan_make,
    .drop = vectorscan_drop,
    .set_size = vectorscan_set_size,
    .run_size = vectorscan_run_size,
    .begin = vectorscan_begin,
    .feed = vectorscan_feed,
    .restart = vectorscan_restart,
    .end = vectorscan_end,
};
