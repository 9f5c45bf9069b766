/* networks.c: does a list of networks hold an address; reading the list is left to config/. */
#include <string.h>

#include "postern/option.h"

static bool holds(const struct option_network *network, const uint8_t *address)
{
    unsigned octets = network->prefix / 8u, rest = network->prefix % 8u;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    if (memcmp(network->address, address, octets) != 0)
        return false;
    return rest == 0 || ((network->address[octets] ^ address[octets]) & mask) == 0;
}

bool option_networks_match(const struct option_networks *list, uint8_t family, const uint8_t *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].family == family && holds(&list->items[i], address))
            return true;
    return false;
}
