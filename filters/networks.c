/* networks.c: a sorted list of networks, halved once for each prefix length: 33 times for IPv4, 129 times for
 * IPv6, however long the list is. */
#include "filters/networks.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct option_network *x = a, *y = b;

    if (x->family != y->family)
        return x->family < y->family ? -1 : 1;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    return memcmp(x->address, y->address, sizeof(x->address));
}

void networks_sort(struct option_networks *list)
{
    if (list->count != 0)
        qsort(list->items, list->count, sizeof(list->items[0]), compare);
}

bool networks_match(const struct option_networks *list, uint8_t family, const uint8_t *address)
{
    unsigned octets = family == 4 ? 4 : 16;
    struct option_network wanted = {.family = family};

    if (list->count == 0 || family == 0)
        return false;
    for (unsigned prefix = 0;; prefix++) { /* wanted holds the address's first `prefix` bits */
        wanted.prefix = (uint8_t)prefix;
        if (bsearch(&wanted, list->items, list->count, sizeof(list->items[0]), compare) != NULL)
            return true;
        if (prefix == octets * 8)
            return false;
        wanted.address[prefix / 8] |= (uint8_t)(address[prefix / 8] & (0x80u >> prefix % 8));
    }
}
