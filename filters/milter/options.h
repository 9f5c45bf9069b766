/* options.h: the keys of the filters milter and milter-module. */
#ifndef FILTERS_MILTER_OPTIONS_H
#define FILTERS_MILTER_OPTIONS_H

#include "postern/filter.h"

extern const struct option milter_options[];

int milter_options_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits);

/* Likewise of a milter that is loaded; shut() lets it go. */
extern const struct option milter_module_options[];

int milter_module_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits);
void milter_module_shut(void *config);

#endif
