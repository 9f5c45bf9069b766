/* options.c: the keys of a regex filter in proxy.yaml. What they must not say together is left to rules.c. */
#include "filters/regex/rules.h"

static const char *const actions[] = {
    [ACTION_NONE] = "none",
    [ACTION_REJECT] = "reject",
    [ACTION_TEMPFAIL] = "tempfail",
    [ACTION_TAG] = "tag",
    [ACTION_LOG] = "log",
    [ACTION_DISCARD] = "discard",
    [ACTION_QUARANTINE] = "quarantine",
    [ACTION_DISCONNECT] = "disconnect",
    [ACTION_REWRITE] = "rewrite",
    NULL,
};
static const char *const failures[] = {"tempfail", "pass", "reject", NULL};
static const char *const modes[] = {"enforce", "observe", NULL};
static const char *const readings[] = {"auto", "true", "false", NULL};
static const char *const engines[] = {"auto", "vectorscan", "table", "none", NULL};

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
     .help =
         "Octets of a text that matches which have begun and not ended may make us keep; .*? needs less of "
         "it than .*"},
    {.key = NULL}};

#define RULE(member) offsetof(struct rule, member)
static const struct option rule_options[] = {
    {.key = "name",
     .type = OPTION_STRING,
     .offset = RULE(name),
     .help = "What the log calls the rule; \"rule N\", counted from 1, when absent."},
    {.key = "on",
     .type = OPTION_STRING,
     .offset = RULE(on),
     .required = true,
     .help =
         "What the rule looks at: helo; from (the reverse-path); to (each forward-path); envelope (both); "
         "header:NAME (the value of a header field, unfolded, and with its encoded words decoded); subject "
         "(header:Subject); headers (each field as \"Name: value\", likewise); body or text (the text of "
         "each "
         "text part, transfer encoding undone, as UTF-8; HTML both as its source and as a person reads it); "
         "part:TYPE (such texts, or the decoded octets, of parts of that type: text/html, application/*, "
         "*/*); "
         "filename (each name that a part is given, UTF-8); raw (the message as transmitted); raw_body (what "
         "follows the header section, not decoded); reply (each reply to the client, code and text of its "
         "last "
         "line)."},
    {.key = "pattern",
     .type = OPTION_STRING,
     .offset = RULE(source),
     .help =
         "A Perl-compatible regular expression. Lines end in CRLF; (?m)^ also matches behind the last CRLF."},
    {.key = "patterns",
     .type = OPTION_STRINGS,
     .offset = RULE(patterns),
     .help = "More of them; the rule matches where one does."},
    {.key = "literals",
     .type = OPTION_STRINGS,
     .offset = RULE(literals),
     .help = "Texts in which no character has a special meaning; the rule matches where one of them is."},
    {.key = "caseless",
     .type = OPTION_BOOL,
     .offset = RULE(caseless),
     .fallback = "false",
     .help = "Upper and lower case are alike in all of them, as with (?i)."},
    {.key = "utf",
     .type = OPTION_ENUM,
     .offset = RULE(utf),
     .words = readings,
     .fallback = "auto",
     .help =
         "The patterns are over UTF-8 characters, with the classes and cases of Unicode, not over octets; an "
         "octet that is no part of a character is seen as U+001A. auto: on header fields, body, "
         "part:text/... "
         "and filename they are."},
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = RULE(deed.action),
     .words = actions,
     .fallback = "none",
     .help = "What a match leads to; on to and envelope, reject and tempfail refuse the recipient alone. "
             "none: it "
             "counts for its score; rewrite: see `replacement`."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = RULE(deed.reply),
     .help =
         "The reply of reject and tempfail, e.g. \"550 5.7.1 We take no invoices\"; ${name} stands for what "
         "the group (?<name>...) matched."},
    {.key = "header",
     .type = OPTION_STRING,
     .offset = RULE(deed.header),
     .help = "The header field that tag adds, e.g. \"X-Postern-Tag: invoice ${number}\"."},
    {.key = "replacement",
     .type = OPTION_STRING,
     .offset = RULE(replacement),
     .help = "on: reply, action: rewrite: what takes the place of the first match in the reply."},
    {.key = "score",
     .type = OPTION_INT,
     .offset = RULE(score),
     .fallback = "0",
     .min = -1000000,
     .max = 1000000,
     .help = "Counted once for each message in which the rule matches; see `thresholds`."},
    {.key = "mode",
     .type = OPTION_ENUM,
     .offset = RULE(mode),
     .words = modes,
     .fallback = "enforce",
     .help = "observe: a match of the rule is logged and has no other consequence."},
    {.key = "on_failure",
     .type = OPTION_ENUM,
     .offset = RULE(failure),
     .fallback = "tempfail",
     .words = failures,
     .help = "What it amounts to when a limit is exceeded before the rule is decided; pass is logged."},
    {.key = NULL}};

#define THRESHOLD(member) offsetof(struct threshold, member)
static const struct option threshold_options[] = {
    {.key = "score",
     .type = OPTION_INT,
     .offset = THRESHOLD(score),
     .required = true,
     .min = -1000000,
     .max = 1000000,
     .help = "The least sum for which it happens."},
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = THRESHOLD(deed.action),
     .words = actions,
     .required = true,
     .help = "As in a rule: reject, tempfail, tag, log, discard or quarantine."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = THRESHOLD(deed.reply),
     .help = "As in a rule; ${score} stands for the sum, ${rules} for the names of the rules that matched."},
    {.key = "header", .type = OPTION_STRING, .offset = THRESHOLD(deed.header), .help = "Likewise."},
    {.key = NULL}};

#define KEY(member) offsetof(struct regex_config, member)
const struct option regex_options[] = {
    {.key = "limits",
     .type = OPTION_MAP,
     .offset = KEY(limits),
     .row = limit_options,
     .help = "What looking for one pattern may cost."},
    {.key = "jit",
     .type = OPTION_BOOL,
     .offset = KEY(jit),
     .fallback = "true",
     .help = "Compile patterns to machine code, where the system allows memory that is made executable."},
    {.key = "prefilter",
     .type = OPTION_ENUM,
     .offset = KEY(engine),
     .words = engines,
     .fallback = "auto",
     .help =
         "How texts are searched for what gives patterns away, in one pass for all rules: with Vectorscan, "
         "where this program has it, or a table of our own; what is found is the same."},
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = KEY(rules),
     .row = rule_options,
     .row_size = sizeof(struct rule),
     .required = true,
     .help = "Asked in this order; the first decisive one that matches decides."},
    {.key = "thresholds",
     .type = OPTION_ROWS,
     .offset = KEY(thresholds),
     .row = threshold_options,
     .row_size = sizeof(struct threshold),
     .help =
         "What happens when the scores of the rules that matched a message add up to as much; all that are "
         "reached tag and log, the highest of the others decides, unless a rule has."},
    {.key = NULL}};
