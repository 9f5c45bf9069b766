/* addresses.h: how many addresses a field names. Whose they are is left to others. */
#ifndef LIMITS_ADDRESSES_H
#define LIMITS_ADDRESSES_H

#include "postern/span.h"

/* The mailboxes of an address-list (RFC 5322 3.4), those in groups included; the value may be folded. What is
 * malformed counts by its commas. In time proportional to its length. */
size_t addresses_count(struct span value);

#endif
