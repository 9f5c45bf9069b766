/* options.c: the keys of a regex filter in proxy.yaml. What they must not say together is left to rules.c. */
#include "filters/regex/rules.h"

static const char *const actions[] = {"reject", "tempfail", "tag", "log", "discard", NULL};
static const char *const failures[] = {"tempfail", "pass", "reject", NULL};

static const struct option limit_options[] = {
    {.key = "match",
     .type = OPTION_INT,
     .offset = offsetof(struct rule_limits, match),
     .fallback = "1000000",
     .min = 1,
     .max = UINT32_MAX,
     .help = "Steps that one look may take."},
    {.key = "depth",
     .type = OPTION_INT,
     .offset = offsetof(struct rule_limits, depth),
     .fallback = "100000",
     .min = 1,
     .max = UINT32_MAX,
     .help = "Nested points of return in one look; without the JIT only."},
    {.key = "heap",
     .type = OPTION_SIZE,
     .offset = offsetof(struct rule_limits, heap),
     .fallback = "20MiB",
     .min = 1 << 10,
     .max = 1 << 30,
     .help = "Memory for points of return in one look; without the JIT only."},
    {.key = "window",
     .type = OPTION_SIZE,
     .offset = offsetof(struct rule_limits, window),
     .fallback = "64KiB",
     .min = 1 << 10,
     .max = 16 << 20,
     .help = "Octets of a message that a match which has begun and not ended may make us keep, for each rule "
             "on raw or body; .*? needs less of it than .*"},
    {.key = NULL}};

static const struct option rule_options[] = {
    {.key = "name",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, name),
     .help = "What the log calls the rule; \"rule N\", counted from 1, when absent."},
    {.key = "on",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, on),
     .required = true,
     .help =
         "What the rule looks at: helo; from (the reverse-path); to (each forward-path); envelope (both); "
         "header:NAME (the unfolded value of a header field); subject (header:Subject); headers (each field "
         "as \"Name: value\"); raw (the message as transmitted); body (what follows the header section, "
         "not decoded); text (each text part, transfer encoding undone, as UTF-8; HTML both as its source "
         "and "
         "as a person reads it); filename (each name that a part is given, UTF-8)."},
    {.key = "pattern",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, source),
     .required = true,
     .help = "A Perl-compatible regular expression over octets. Lines end in CRLF; (?m)^ also matches behind "
             "the last CRLF."},
    {.key = "utf",
     .type = OPTION_BOOL,
     .offset = offsetof(struct rule, utf),
     .fallback = "false",
     .help = "The pattern is over UTF-8 characters; an octet that is no part of one is seen as U+001A."},
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = offsetof(struct rule, action),
     .words = actions,
     .required = true,
     .help = "What a match leads to; on to and envelope, reject and tempfail refuse the recipient alone."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, reply),
     .help = "The reply of reject and tempfail, e.g. \"550 5.7.1 We take no invoices\"."},
    {.key = "header",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, header),
     .help = "The header field that tag adds, e.g. \"X-Postern-Tag: invoice\"."},
    {.key = "on_failure",
     .type = OPTION_ENUM,
     .offset = offsetof(struct rule, failure),
     .fallback = "tempfail",
     .words = failures,
     .help = "What it amounts to when a limit is exceeded before the rule is decided; pass is logged."},
    {.key = NULL}};

const struct option regex_options[] = {
    {.key = "limits",
     .type = OPTION_MAP,
     .offset = offsetof(struct regex_config, limits),
     .row = limit_options,
     .help = "What looking for one pattern may cost."},
    {.key = "jit",
     .type = OPTION_BOOL,
     .offset = offsetof(struct regex_config, jit),
     .fallback = "true",
     .help = "Compile patterns to machine code, where the system allows memory that is made executable."},
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = offsetof(struct regex_config, rules),
     .row = rule_options,
     .row_size = sizeof(struct rule),
     .required = true,
     .help = "Asked in this order; the first decisive one that matches decides."},
    {.key = NULL}};
