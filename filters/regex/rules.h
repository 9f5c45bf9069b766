/* rules.h: the rules of a regex filter as configured, checked and compiled. When they are asked is left to
 * regex.c. */
#ifndef REGEX_RULES_H
#define REGEX_RULES_H

#include "filters/regex/pattern.h"
#include "postern/filter.h"

/* What a rule looks at. */
enum rule_part {
    PART_HELO,     /* the name the client gave */
    PART_FROM,     /* the reverse-path, empty for <> */
    PART_TO,       /* each forward-path */
    PART_ENVELOPE, /* each of both */
    PART_FIELD,    /* the unfolded value of each header field of one name */
    PART_HEADERS,  /* each header field as "Name: value", unfolded */
    PART_RAW,      /* the message, dots unstuffed */
    PART_BODY,     /* what follows the header section, not decoded */
    PART_TEXT,     /* the text of each text part as UTF-8; of HTML also as a person reads it */
    PART_FILENAME  /* each name that a part is given */
};

enum rule_action { ACTION_REJECT, ACTION_TEMPFAIL, ACTION_TAG, ACTION_LOG, ACTION_DISCARD };
enum rule_failure { FAILURE_TEMPFAIL, FAILURE_PASS, FAILURE_REJECT };

struct rule {
    /* as in proxy.yaml */
    const char *name;
    const char *on;
    const char *source;
    const char *reply;
    const char *header;
    bool utf;
    int action;  /* enum rule_action */
    int failure; /* enum rule_failure: what exceeding a limit amounts to */
    /* derived */
    enum rule_part part;
    struct span field; /* PART_FIELD: the name */
    struct pattern *pattern;
    unsigned code;                   /* of the reply; 0: none configured */
    char enhanced[12];               /* "" for none */
    const char *text;                /* of the reply */
    struct span tag_name, tag_value; /* of the header field that a tag adds */
};

struct rule_limits {
    int64_t match;
    int64_t depth;
    uint64_t heap;
    uint64_t window;
};

struct regex_config {
    struct rule_limits limits;
    bool jit;
    struct option_rows rules; /* of struct rule */
};

extern const struct option regex_options[];

static inline struct rule *rules_at(const struct regex_config *config, size_t n)
{
    return (struct rule *)config->rules.items + n;
}

/* True for a part that arrives in pieces. */
static inline bool rule_streams(const struct rule *rule)
{
    return rule->part == PART_RAW || rule->part == PART_BODY || rule->part == PART_TEXT;
}

/* True for a part that comes behind the header section. */
static inline bool rule_late(const struct rule *rule)
{
    return rule_streams(rule) || rule->part == PART_FILENAME;
}

/* Checks and compiles; -1 after every complaint has been made. What was compiled is freed by rules_free(),
 * also after -1. */
int rules_compile(struct regex_config *config, struct filter_setup *setup);
void rules_free(struct regex_config *config);

#endif
