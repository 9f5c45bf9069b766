/* options.h: the keys of the filter milter. */
#ifndef FILTERS_MILTER_OPTIONS_H
#define FILTERS_MILTER_OPTIONS_H

#include "postern/filter.h"

extern const struct option milter_options[];

int milter_options_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits);

#endif
