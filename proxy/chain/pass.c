/* pass.c: divides a chain where a filter is to read what those before it have made of the message, and leads
 * a session from one pass to the next. What the message then is, is left to session/. */
#include "chain/pass.h"

#include "base/mem.h"
#include "chain/edits.h"
#include "chain/new_body.h"

/* What a filter that reads the message can see of the doings of another. */
#define EDITS_SEEN (FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE | FILTER_EDITS_BODY)

bool pass_separates(const struct chain *chain, const struct chain_member *member)
{
    return (member->edits & FILTER_SEES_EDITS) != 0 && chain->passes[chain->pass_count - 1].edits != 0;
}

bool pass_begin(struct chain *chain)
{
    struct pass *passes = mem_resize(chain->passes, (chain->pass_count + 1) * sizeof(*passes));

    if (passes == NULL)
        return false;
    chain->passes = passes;
    passes[chain->pass_count++] = (struct pass){.first = chain->count, .end = chain->count};
    return true;
}

void pass_admit(struct chain *chain, const struct chain_member *added)
{
    struct pass *pass = &chain->passes[chain->pass_count - 1];

    chain->everyone.end = pass->end = chain->count;
    chain->everyone.interests |= added->interests;
    pass->interests |= added->interests;
    if (added->mode == CHAIN_ENFORCE)
        pass->edits |= added->edits & EDITS_SEEN;
}

/* Nobody is asked about a message that goes into the quarantine. */
static bool over(const struct chain_run *run)
{
    return run->state != NULL && run->state->quarantined;
}

bool chain_wants(const struct chain_run *run, enum filter_event event)
{
    if (event_rows[event].of_message && over(run))
        return false;
    return (pass_now(run, event)->interests & event_bit(event)) != 0;
}

unsigned chain_pass_interests(const struct chain_run *run)
{
    return over(run) ? 0 : run->chain->passes[run->pass].interests;
}

bool chain_pass_left(const struct chain_run *run)
{
    return run->pass + 1 < run->chain->pass_count && !over(run);
}

void chain_next_pass(struct chain_run *run)
{
    run->pass++;
    if (run->state == NULL)
        return;
    edits_next_pass(run->state);
    new_bodies_free(run->state);
}
