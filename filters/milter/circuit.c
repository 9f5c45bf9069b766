/* circuit.c: a circuit breaker without a lock. */
#include "filters/milter/circuit.h"

bool circuit_try(struct circuit *circuit, const struct circuit_rule *rule, uint64_t now)
{
    uint_fast64_t until;

    if (rule->failures == 0 || atomic_load(&circuit->failures) < rule->failures)
        return true;
    until = atomic_load(&circuit->until);
    return now >= until && atomic_compare_exchange_strong(&circuit->until, &until, now + rule->pause);
}

void circuit_failed(struct circuit *circuit, const struct circuit_rule *rule, uint64_t now)
{
    unsigned before = atomic_load(&circuit->failures);

    atomic_store(&circuit->until, now + rule->pause);
    while (before < rule->failures && /* it need not be known by how much there are too many */
           !atomic_compare_exchange_weak(&circuit->failures, &before, before + 1))
        continue;
}

bool circuit_worked(struct circuit *circuit, const struct circuit_rule *rule)
{
    unsigned before = atomic_load(&circuit->failures);

    if (before != 0) /* or every session would write to the same line of the cache */
        before = atomic_exchange(&circuit->failures, 0);
    return rule->failures != 0 && before >= rule->failures;
}
