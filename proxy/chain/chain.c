/* chain.c: the filters as configured, in their order, and what they have done so far. Asking them is left to
 * ask.c. */
#include "chain/chain.h"

#include "base/mem.h"
#include "chain/pass.h"
#include "chain/registry.h"
#include "chain/state.h"

struct chain *chain_new(void)
{
    struct chain *chain = mem_alloc(sizeof(*chain));

    if (chain != NULL && !pass_begin(chain)) {
        mem_free(chain);
        return NULL;
    }
    return chain;
}

int chain_add(struct chain *chain, const struct chain_member *member)
{
    struct member *members = mem_resize(chain->members, (chain->count + 1) * sizeof(*members));
    struct chain_member *added;

    if (members == NULL)
        return -1;
    chain->members = members;
    if (pass_separates(chain, member) && !pass_begin(chain))
        return -1;
    members[chain->count] = (struct member){.as = *member};
    added = &members[chain->count++].as;
    added->interests &= registry_events(member->filter);
    /* One that observes edits nothing, but must see what it would decide by. */
    chain->edits |= added->edits & (added->mode == CHAIN_ENFORCE ? ~0u : FILTER_NEEDS_CLIENT_NAME);
    pass_admit(chain, added);
    return 0;
}

void chain_free(struct chain *chain)
{
    if (chain == NULL)
        return;
    for (unsigned i = 0; i < chain->count; i++)
        if (chain->members[i].as.filter->shut != NULL)
            chain->members[i].as.filter->shut(chain->members[i].as.config);
    mem_free(chain->members);
    mem_free(chain->passes);
    mem_free(chain);
}

unsigned chain_interests(const struct chain *chain)
{
    return chain->everyone.interests;
}

unsigned chain_edits(const struct chain *chain)
{
    return chain->edits;
}

enum chain_hold chain_holds(const struct chain *chain)
{
    if ((chain->edits &
         (FILTER_EDITS_MESSAGE | FILTER_EDITS_BODY | FILTER_EDITS_ENVELOPE | FILTER_QUARANTINES)) != 0 ||
        chain->pass_count > 1)
        return CHAIN_HOLDS_MESSAGE;
    return (chain->edits & FILTER_EDITS_HEADERS) != 0 ? CHAIN_HOLDS_HEADERS : CHAIN_HOLDS_NOTHING;
}

bool chain_counts(const struct chain *chain, unsigned n, struct chain_counts *out)
{
    const struct member *member = &chain->members[n];

    if (n >= chain->count)
        return false;
    *out = (struct chain_counts){.name = member->as.name,
                                 .asked = atomic_load(&member->counts.asked),
                                 .rejected = atomic_load(&member->counts.rejected),
                                 .tempfailed = atomic_load(&member->counts.tempfailed),
                                 .discarded = atomic_load(&member->counts.discarded),
                                 .quarantined = atomic_load(&member->counts.quarantined),
                                 .failed = atomic_load(&member->counts.failed),
                                 .observed = atomic_load(&member->counts.observed)};
    return true;
}
