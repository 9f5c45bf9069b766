/* refusal.h: a refusal as written in proxy.yaml, "550 5.7.1 Text". When to refuse is left to each filter. */
#ifndef FILTERS_REFUSAL_H
#define FILTERS_REFUSAL_H

#include "postern/filter.h"

/* text points into what was parsed. */
struct refusal {
    unsigned code;
    char enhanced[12]; /* empty: none was written, a fitting one is used */
    const char *text;
};

/* Reads "code [enhanced] text", code 400..599 but 421. 0, or -1 after a complaint about `path`. */
int refusal_parse(struct refusal *out, const char *written, struct filter_setup *setup, const char *path);
/* The verdict for it, its reply set. */
enum verdict refusal_give(struct filter_ctx *ctx, const struct refusal *refusal);
/* As refusal_give(), with `what` in place of the first %s in the text. */
enum verdict refusal_give_about(struct filter_ctx *ctx, const struct refusal *refusal, struct span what);

#endif
