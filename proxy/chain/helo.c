/* helo.c: lets filters change the name that the upstream is told in HELO and EHLO. Telling it is left to
 * session/. */
#include "chain/helo.h"

#include "base/mem.h"
#include "chain/note.h"
#include "chain/state.h"
#include "smtp/address.h"

/* There is no message yet whose arena it could be in. */
struct helo_name {
    struct helo_name *next;
    char name[];
};

void helo_forget(struct chain_state *state)
{
    while (state->names != NULL) {
        struct helo_name *name = state->names;
        state->names = name->next;
        mem_free(name);
    }
}

int filter_rewrite_helo(struct filter_ctx *ctx, struct span name)
{
    static const struct address_limits limits = {64, 255, 256}; /* RFC 5321 4.5.3.1 */
    struct chain_state *state = ctx->state;
    struct helo_name *kept;

    if (ctx_event(ctx) != FILTER_HELO || name.len == 0 || address_helo(name, &limits, false) != 0)
        return -1;
    kept = mem_alloc(sizeof(*kept) + name.len);
    if (kept == NULL)
        return -1;
    memcpy(kept->name, name.ptr, name.len);
    kept->next = state->names;
    state->names = kept;
    if (!note_withheld(ctx, "rewrite_helo", name))
        state->path = span_of(kept->name, name.len);
    return 0;
}
