/* rules.h: the rules of a limits filter as configured and checked. When they are asked is left to limits.c.
 */
#ifndef LIMITS_RULES_H
#define LIMITS_RULES_H

#include "filters/refusal.h"

/* What is measured, in the order of the table in rules.c. */
enum limit {
    LIMIT_HEADER,
    LIMIT_FIELDS,
    LIMIT_FIELD,
    LIMIT_ADDRESSES,
    LIMIT_BODY,
    LIMIT_PARTS,
    LIMIT_DEPTH,
    LIMIT_PART,
    LIMIT_DECODED,
    LIMIT_LINE,
    LIMIT_ATTACHMENTS,
    LIMIT_FILENAME,
    LIMITS
};

enum limits_action {
    LIMITS_REJECT,
    LIMITS_TEMPFAIL,
    LIMITS_QUARANTINE,
    LIMITS_DISCARD,
    LIMITS_TAG,
    LIMITS_LOG
};

#define LIMITS_RULES 64 /* a set of them fits into a word */

struct limits_rule {
    /* as in proxy.yaml */
    int of;     /* enum limit */
    int action; /* enum limits_action */
    uint64_t most;
    const char *reply, *header;
    /* derived */
    struct refusal refusal; /* of reply */
    struct span tag_name, tag_value;
};

struct limits_config {
    struct option_rows rules; /* of struct limits_rule */
    uint64_t of[LIMITS];      /* bits of the rules about each */
};

extern const struct option limits_options[];

/* What is too much, as the reason and the reply say it: "parts". */
const char *limits_what(enum limit limit);
/* The reply where it is too much and none was written. */
void limits_refuse(struct filter_ctx *ctx, enum limit limit, uint64_t most, bool permanent);
/* The event that measures it, and how late a tag for it comes. */
enum filter_event limits_event(enum limit limit);

/* -1 after every complaint. */
int limits_rules_check(struct limits_config *config, struct filter_setup *setup);

#endif
