/* script_filter.h: a filter for scripts that answers as its configuration says. */
#ifndef SCRIPT_FILTER_H
#define SCRIPT_FILTER_H

#include "postern/filter.h"

extern const struct filter script_filter;

#endif
