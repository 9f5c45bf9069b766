/* rules.h: the rules of a regex filter as configured, checked and compiled. When they are asked is left to
 * regex.c. */
#ifndef REGEX_RULES_H
#define REGEX_RULES_H

#include "filters/regex/scope.h"
#include "filters/regex/sieve.h"
#include "filters/regex/template.h"
#include "postern/filter.h"

enum rule_action {
    ACTION_NONE, /* it counts for its score alone */
    ACTION_REJECT,
    ACTION_TEMPFAIL,
    ACTION_TAG,
    ACTION_LOG,
    ACTION_DISCARD,
    ACTION_QUARANTINE,
    ACTION_DISCONNECT,
    ACTION_REWRITE
};
enum rule_failure { FAILURE_TEMPFAIL, FAILURE_PASS, FAILURE_REJECT };
enum rule_mode { MODE_ENFORCE, MODE_OBSERVE };
enum rule_utf { UTF_AUTO, UTF_TRUE, UTF_FALSE };

/* What happens, to whom it is told and how: of a rule, or of a threshold. */
struct deed {
    /* as in proxy.yaml */
    int action; /* enum rule_action */
    const char *reply;
    const char *header;
    /* derived */
    unsigned code;        /* of the reply; 0: none configured */
    char enhanced[12];    /* "" for none */
    struct template text; /* of the reply, or the value of the field that a tag adds */
    struct span tag_name;
};

struct rule {
    /* as in proxy.yaml */
    const char *name;
    const char *on;
    const char *source;
    struct option_strings patterns, literals;
    int utf; /* enum rule_utf */
    bool caseless;
    struct deed deed;
    int64_t score;
    const char *replacement;
    int mode;    /* enum rule_mode */
    int failure; /* enum rule_failure: what exceeding a limit amounts to */
    /* derived */
    struct scope scope;
    struct template rewritten; /* of the replacement */
    struct pattern **compiled;
    size_t compiled_count;
};

/* What the scores of a message add up to. */
struct threshold {
    int64_t score;
    struct deed deed;
};

struct rule_limits {
    int64_t match;
    int64_t depth;
    uint64_t heap;
    uint64_t window;
};

/* The rules that look at the same, in one pass. */
struct lane {
    struct scope scope;
    struct sieve *sieve;
    const struct pattern **patterns;
    uint32_t *rules; /* of each pattern: the number of its rule */
    size_t count;
};

struct regex_config {
    struct rule_limits limits;
    bool jit;
    int engine;                    /* enum trigger_engine */
    struct option_rows rules;      /* of struct rule */
    struct option_rows thresholds; /* of struct threshold */
    /* derived */
    struct lane *lanes;
    size_t lane_count;
    bool tally_late; /* tags and scores are known at the end of the message, not at that of its header section
                      */
};

extern const struct option regex_options[];

static inline struct rule *rules_at(const struct regex_config *config, size_t n)
{
    return (struct rule *)config->rules.items + n;
}

static inline struct threshold *thresholds_at(const struct regex_config *config, size_t n)
{
    return (struct threshold *)config->thresholds.items + n;
}

/* True for a rule whose match decides by itself. */
static inline bool rule_decides(const struct rule *rule)
{
    return rule->mode == MODE_ENFORCE && rule->deed.action != ACTION_NONE &&
           rule->deed.action != ACTION_TAG && rule->deed.action != ACTION_LOG &&
           rule->deed.action != ACTION_REWRITE;
}

/* Checks and compiles; -1 after every complaint has been made. What was compiled is freed by rules_free(),
 * also after -1. */
int rules_compile(struct regex_config *config, struct filter_setup *setup);
void rules_free(struct regex_config *config);

/* deed.c: checks what a rule or threshold does and reads its reply and header. path: of the row, such as
 * "rules[2]". -1 after every complaint has been made. */
int deed_check(struct deed *deed, const char *path, struct filter_setup *setup);
/* lanes.c: sorts the compiled rules into lanes. */
int lanes_make(struct regex_config *config, struct filter_setup *setup);
void lanes_free(struct regex_config *config);

#endif
