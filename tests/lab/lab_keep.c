/* lab_keep.c: a quarantine in memory, which may be slow or refuse. */
#include "lab.h"

#include <errno.h>

#include "base/mem.h"

#define PIECE_OCTETS 1000

static void forget(struct lab *lab, struct lab_kept *kept)
{
    TAILQ_REMOVE(&lab->keeps, kept, link);
    lab_bytes_free(&kept->octets);
    lab_bytes_free(&kept->facts);
    mem_free(kept->id);
    mem_free(kept);
}

int lab_keep_begin(struct world *world, struct keep *keep)
{
    struct lab *lab = (struct lab *)world;
    struct lab_kept *kept = mem_alloc(sizeof(*kept));

    if (kept == NULL)
        return -ENOMEM;
    kept->id = mem_copy(keep->id);
    if (kept->id == NULL) {
        mem_free(kept);
        return -ENOMEM;
    }
    kept->keep = keep;
    lab_bytes_add(&kept->facts, keep->facts);
    keep->handle = kept;
    TAILQ_INSERT_TAIL(&lab->keeps, kept, link);
    return 0;
}

void lab_keep_cancel(struct world *world, struct keep *keep)
{
    if (keep->handle != NULL)
        forget((struct lab *)world, keep->handle);
    keep->handle = NULL;
}

static void end(struct lab *lab, struct lab_kept *kept, int status)
{
    struct keep *keep = kept->keep;

    keep->handle = NULL;
    kept->keep = NULL;
    if (status != 0)
        forget(lab, kept);
    keep->done(keep->owner, status);
}

static void read_on(struct lab *lab, struct lab_kept *kept)
{
    char piece[PIECE_OCTETS];
    long n = kept->keep->read(kept->keep->owner, piece, sizeof(piece));

    if (n < 0)
        end(lab, kept, (int)n);
    else if (n == 0)
        kept->read = true;
    else
        lab_bytes_add(&kept->octets, span_of(piece, (size_t)n));
}

bool lab_keep_step(struct lab *lab)
{
    struct lab_kept *kept;

    TAILQ_FOREACH(kept, &lab->keeps, link)
    {
        if (kept->keep == NULL || (kept->read && lab->keep_slow))
            continue;
        if (kept->read)
            end(lab, kept, lab->keep_fails);
        else
            read_on(lab, kept);
        return true;
    }
    return false;
}

const struct lab_kept *lab_kept(const struct lab *lab, unsigned n)
{
    const struct lab_kept *kept;

    TAILQ_FOREACH(kept, &lab->keeps, link)
    if (kept->keep == NULL && n-- == 0)
        return kept;
    return NULL;
}

void lab_keeps_free(struct lab *lab)
{
    struct lab_kept *kept;

    while ((kept = TAILQ_FIRST(&lab->keeps)) != NULL) {
        assert(kept->keep == NULL); /* one under way has leaked */
        forget(lab, kept);
    }
}
