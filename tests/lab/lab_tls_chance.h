/* lab_tls_chance.h: what mbedTLS takes from the machine, by way of the linker (--wrap): randomness and a
 * clock. From a seed they are the same in each run, so that a simulation can be told again to the octet. */
#ifndef LAB_TLS_CHANCE_H
#define LAB_TLS_CHANCE_H

#include <stdint.h>

/* From now on randomness is drawn from the seed, and the clock goes on by a little each time it is read. */
void lab_tls_chance(uint64_t seed);
/* They are the machine's again, as at the beginning. */
void lab_tls_chance_end(void);

#endif
