/* networks.h: many networks, one address: found without looking at each. Reading them is left to config/. */
#ifndef FILTERS_NETWORKS_H
#define FILTERS_NETWORKS_H

#include "postern/option.h"

/* Once, while the configuration is opened. */
void networks_sort(struct option_networks *list);
/* True when a network of the sorted list holds the address (network order). */
bool networks_match(const struct option_networks *list, uint8_t family, const uint8_t *address);

#endif
