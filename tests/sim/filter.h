/* filter.h: a filter that answers as the dice say, and adds a field that says so. */
#ifndef SIM_FILTER_H
#define SIM_FILTER_H

#include "postern/filter.h"

extern const struct filter sim_filter_itself;

#endif
