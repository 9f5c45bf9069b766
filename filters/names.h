/* names.h: lists of addresses and domains, which may be long. Whose address is looked up, and why, is left to
 * each filter. Upper and lower case are alike throughout. */
#ifndef FILTERS_NAMES_H
#define FILTERS_NAMES_H

#include "postern/option.h"
#include "postern/span.h"

/* Once, while the configuration is opened. "@domain" and "domain" then mean the same. */
void names_sort(struct option_strings *list);
/* Name of a host: by itself, by ".domain" above it, by "*". An absent one matches nothing. */
bool names_match_host(const struct option_strings *list, struct span name);
/* Address without angle brackets: by itself, by its domain as a host, by "*"; the empty one by "<>". An
 * absent one matches nothing. */
bool names_match_address(const struct option_strings *list, struct span address);

#endif
