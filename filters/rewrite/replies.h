/* replies.h: what is said to clients, in other words. */
#ifndef REWRITE_REPLIES_H
#define REWRITE_REPLIES_H

#include "filters/regex/substitution.h"
#include "postern/filter.h"

struct replies {
    struct option_strings lines; /* as in proxy.yaml */
    /* derived */
    struct substitution **patterns; /* in their order */
    size_t count;
};

/* -1 after every complaint; replies_free() then, too. */
int replies_open(struct replies *replies, const char *key, struct filter_setup *setup);
void replies_free(struct replies *replies);
/* The first pattern that matches the reply, printed as "code text", gives it its code of the same class, its
 * enhanced code and its text. */
void replies_rewrite(struct filter_ctx *ctx, const struct replies *replies, const struct filter_reply *reply);

#endif
