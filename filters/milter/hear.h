/* hear.h: what a milter's answer means. Reading packets is left to client.c. */
#ifndef FILTERS_MILTER_HEAR_H
#define FILTERS_MILTER_HEAR_H

#include "filters/milter/client.h"

enum milter_heard {
    MILTER_HEARD_ANSWER, /* nothing is awaited any more; the client may have decided */
    MILTER_HEARD_MORE,   /* the answer is yet to come */
    MILTER_HEARD_TIME,   /* likewise, and it has asked for time */
    MILTER_HEARD_WRONG   /* milter_fail() has been called */
};

/* A packet of the milter's has come. */
enum milter_heard milter_hear(struct filter_ctx *ctx, struct milter_client *client, char command,
                              struct span data);

#endif
