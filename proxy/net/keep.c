/* keep.c: takes a message step by step from the loop's thread, which reads it, to the pool, which writes it.
 */
#include "net/keep.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "quarantine/draft.h"

#define PIECE_OCTETS 65536

enum keep_step { KEEP_BEGIN, KEEP_WRITE, KEEP_COMMIT, KEEP_ABORT };

struct keeping {
    TAILQ_ENTRY(keeping) link;
    struct keeps *keeps;
    struct keep *keep; /* NULL: cancelled */
    uv_work_t work;
    enum keep_step step; /* the next one, or under way */
    int status;          /* of the last step, or why it is given up */
    struct quarantine *where;
    struct draft draft;
    char *id, *facts;
    size_t facts_len, piece_len;
    char piece[PIECE_OCTETS];
};

static void free_keeping(struct keeping *keeping)
{
    quarantine_unref(keeping->where);
    mem_free(keeping->id);
    mem_free(keeping->facts);
    mem_free(keeping);
}

static void finish(struct keeping *keeping)
{
    struct keep *keep = keeping->keep;
    int status = keeping->status;

    free_keeping(keeping);
    if (keep == NULL)
        return;
    keep->handle = NULL;
    keep->done(keep->owner, status);
}

/* On a thread of the pool. */
static void work(uv_work_t *request)
{
    struct keeping *keeping = request->data;

    switch (keeping->step) {
    case KEEP_BEGIN:
        keeping->status = draft_begin(&keeping->draft, keeping->where, span_str(keeping->id));
        break;
    case KEEP_WRITE:
        keeping->status = draft_write(&keeping->draft, span_of(keeping->piece, keeping->piece_len));
        break;
    case KEEP_COMMIT:
        keeping->status = draft_commit(&keeping->draft, span_of(keeping->facts, keeping->facts_len));
        break;
    case KEEP_ABORT:
        draft_abort(&keeping->draft);
        break;
    }
}

static void worked(uv_work_t *request, int status);

static void submit(struct keeping *keeping)
{
    int error;

    keeping->keeps->busy = true;
    error = uv_queue_work(keeping->keeps->uv, &keeping->work, work, worked);
    assert(error == 0); /* it fails for want of a callback only */
    (void)error;
}

/* Cancelled ones have nothing left to do, or what has been written of them to remove. */
static void next(struct keeps *keeps)
{
    struct keeping *keeping;

    while (!keeps->busy && (keeping = TAILQ_FIRST(&keeps->waiting)) != NULL) {
        TAILQ_REMOVE(&keeps->waiting, keeping, link);
        if (keeping->keep == NULL && keeping->step == KEEP_BEGIN) {
            free_keeping(keeping);
            continue;
        }
        if (keeping->keep == NULL)
            keeping->step = KEEP_ABORT;
        submit(keeping);
    }
}

static void wait_for(struct keeping *keeping, enum keep_step step)
{
    keeping->step = step;
    TAILQ_INSERT_TAIL(&keeping->keeps->waiting, keeping, link);
}

static void give_up(struct keeping *keeping, int status)
{
    keeping->status = status;
    wait_for(keeping, KEEP_ABORT);
}

/* The next piece, or the end. */
static void read_on(struct keeping *keeping)
{
    long n = keeping->keep->read(keeping->keep->owner, keeping->piece, sizeof(keeping->piece));

    if (n < 0) {
        give_up(keeping, (int)n);
        return;
    }
    keeping->piece_len = (size_t)n;
    wait_for(keeping, n > 0 ? KEEP_WRITE : KEEP_COMMIT);
}

static void worked(uv_work_t *request, int status)
{
    struct keeping *keeping = request->data;
    struct keeps *keeps = keeping->keeps;
    enum keep_step step = keeping->step;

    (void)status; /* the request is never cancelled */
    keeps->busy = false;
    if (step == KEEP_COMMIT || step == KEEP_ABORT || (step == KEEP_BEGIN && keeping->status != 0))
        finish(keeping);
    else if (keeping->status != 0 || keeping->keep == NULL)
        give_up(keeping, keeping->status);
    else
        read_on(keeping);
    next(keeps);
}

void keeps_init(struct keeps *keeps, uv_loop_t *uv)
{
    *keeps = (struct keeps){.uv = uv};
    TAILQ_INIT(&keeps->waiting);
}

int keeps_begin(struct keeps *keeps, struct keep *keep)
{
    struct keeping *keeping = mem_alloc(sizeof(*keeping));

    if (keeping == NULL)
        return -ENOMEM;
    keeping->keeps = keeps;
    keeping->keep = keep;
    keeping->work.data = keeping;
    keeping->where = quarantine_ref(keep->where);
    keeping->id = mem_copy(keep->id);
    keeping->facts = mem_copy(keep->facts);
    keeping->facts_len = keep->facts.len;
    if (keeping->id == NULL || keeping->facts == NULL) {
        free_keeping(keeping);
        return -ENOMEM;
    }
    keep->handle = keeping;
    wait_for(keeping, KEEP_BEGIN);
    next(keeps);
    return 0;
}

void keeps_cancel(struct keep *keep)
{
    struct keeping *keeping = keep->handle;

    if (keeping == NULL)
        return;
    keep->handle = NULL;
    keeping->keep = NULL;
}
