/* setup.h: a filter's configuration while it is being opened: behind filter_complain() and
 * filter_setup_alloc(). */
#ifndef CONFIG_SETUP_H
#define CONFIG_SETUP_H

#include "config/decode.h"

struct filter_setup {
    struct decoder *decoder;
    struct node *node;   /* the filter's map */
    uint64_t time_limit; /* ms, that the filter needs at least for a question */
};

#endif
