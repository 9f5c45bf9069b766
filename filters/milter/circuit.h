/* circuit.h: whether it is worth trying an address: after several failures in a row nobody does for a while,
 * then one does. What a failure is is left to client.c. */
#ifndef FILTERS_MILTER_CIRCUIT_H
#define FILTERS_MILTER_CIRCUIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one address, shared by all threads; zeroed at the begin. */
struct circuit {
    atomic_uint failures;       /* in a row */
    atomic_uint_fast64_t until; /* while there are too many: it is not tried before, ms */
};

/* How many failures are too many (0: circuits are always closed), and for how long it is then left alone. */
struct circuit_rule {
    unsigned failures;
    uint64_t pause; /* ms */
};

/* True when it may be tried now. Of those that ask once the pause is over one is told so, and the others when
 * another pause is over or it was right. */
bool circuit_try(struct circuit *circuit, const struct circuit_rule *rule, uint64_t now);
void circuit_failed(struct circuit *circuit, const struct circuit_rule *rule, uint64_t now);
/* True when it had been left alone. */
bool circuit_worked(struct circuit *circuit, const struct circuit_rule *rule);

#endif
