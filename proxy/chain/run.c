/* run.c: one session's use of a chain: begins, ends, and the messages in it. The questions in between are
 * left to ask.c. */
#include <assert.h>

#include "chain/chain.h"
#include "chain/state.h"

void chain_run_init(struct chain_run *run, struct chain *chain, struct world *world, void *owner,
                    void (*facts)(void *owner, struct filter_facts *out), void (*resumed)(void *owner))
{
    *run = (struct chain_run){.chain = chain,
                              .world = world,
                              .owner = owner,
                              .facts = facts,
                              .resumed = resumed,
                              .body_memory = 1 << 20};
}

void chain_run_reset(struct chain_run *run)
{
    if (run->arena != NULL)
        chain_message_end(run, true);
    if (run->state == NULL)
        return;
    chain_cancel(run);
    state_close(run->state);
    run->state = NULL;
}

void chain_run_free(struct chain_run *run)
{
    chain_run_reset(run);
}

void chain_message_begin(struct chain_run *run, struct arena *arena)
{
    assert(run->arena == NULL);
    run->arena = arena;
}

void chain_message_end(struct chain_run *run, bool aborted)
{
    chain_cancel(run);
    if (run->state != NULL)
        state_end_message(run->state, aborted);
    run->arena = NULL;
    run->pass = 0;
}
