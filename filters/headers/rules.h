/* rules.h: the rules of a headers filter as configured, checked and compiled. When they are applied is left
 * to headers.c. */
#ifndef HEADERS_RULES_H
#define HEADERS_RULES_H

#include "filters/regex/pattern.h"
#include "filters/regex/substitution.h"
#include "postern/filter.h"

#define HEADERS_RULES       63  /* at most, and one of our own: a set of them fits into 64 bits */
#define HEADERS_AUTHSERV_ID 256 /* octets of an authserv-id; none of ours is so long */

enum headers_action {
    HEADERS_ADD,
    HEADERS_PREPEND,
    HEADERS_APPEND,
    HEADERS_INSERT,
    HEADERS_REPLACE,
    HEADERS_REMOVE
};

struct headers_rule {
    /* as in proxy.yaml */
    int action; /* enum headers_action */
    const char *name;
    const char *value;
    const char *source; /* of the pattern */
    int64_t position;
    struct {
        const char *header;
        const char *source;
    } when;
    /* derived */
    struct pattern *pattern;   /* NULL: every value */
    struct substitution *made; /* HEADERS_REPLACE with a pattern: its value */
    struct pattern *condition; /* NULL: the field need only be there */
    bool forged;               /* not by pattern, but Authentication-Results that claim to be ours */
    size_t group;              /* the first rule of the same name */
};

struct headers_config {
    struct option_rows written; /* of struct headers_rule */
    bool strip_results;
    struct option_strings authserv_id;
    struct option_networks trusted;
    /* derived */
    struct headers_rule *rules; /* ours first */
    size_t count;
};

extern const struct option headers_options[];

static inline bool headers_rule_edits(const struct headers_rule *rule)
{
    return rule->action == HEADERS_REPLACE || rule->action == HEADERS_REMOVE;
}

/* Checks and compiles; -1 after every complaint has been made. What was compiled is freed by
 * headers_rules_free(), also after -1. */
int headers_rules_compile(struct headers_config *config, struct filter_setup *setup);
void headers_rules_free(struct headers_config *config);

#endif
