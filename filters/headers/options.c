/* options.c: the keys of a headers filter in proxy.yaml. What they must not say together is left to rules.c.
 */
#include "filters/headers/rules.h"

static const char *const actions[] = {"add", "prepend", "append", "insert", "replace", "remove", NULL};

#define WHEN(member) offsetof(struct headers_rule, when.member)
static const struct option condition_options[] = {
    {.key = "header",
     .type = OPTION_STRING,
     .offset = WHEN(header) - offsetof(struct headers_rule, when),
     .required = true,
     .help = "The name of a field that the message must have."},
    {.key = "pattern",
     .type = OPTION_STRING,
     .offset = WHEN(source) - offsetof(struct headers_rule, when),
     .help = "A Perl-compatible regular expression that its unfolded value must match."},
    {.key = NULL}};

#define RULE(member) offsetof(struct headers_rule, member)
static const struct option rule_options[] = {
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = RULE(action),
     .words = actions,
     .required = true,
     .help = "add (at the top), prepend (above everything, our own trace field included), append (behind the "
             "last field), insert (behind the first `position` fields), "
             "replace or remove (each field of that name, or each whose value matches)."},
    {.key = "name",
     .type = OPTION_STRING,
     .offset = RULE(name),
     .required = true,
     .help = "The name of the field."},
    {.key = "value",
     .type = OPTION_STRING,
     .offset = RULE(value),
     .help = "Its value; required but for remove. With replace and a pattern $1 to $9, ${10} and ${name} "
             "stand for what a group matched, $$ for a dollar sign."},
    {.key = "pattern",
     .type = OPTION_STRING,
     .offset = RULE(source),
     .help = "replace and remove: a Perl-compatible regular expression over the unfolded value."},
    {.key = "position",
     .type = OPTION_INT,
     .offset = RULE(position),
     .max = 1000000,
     .help = "insert: the number of fields that stay in front."},
    {.key = "if",
     .type = OPTION_MAP,
     .offset = RULE(when),
     .row = condition_options,
     .help = "The rule applies only to messages that have such a field."},
    {.key = NULL}};

#define KEY(member) offsetof(struct headers_config, member)
const struct option headers_options[] = {
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = KEY(written),
     .row = rule_options,
     .row_size = sizeof(struct headers_rule),
     .help = "Of replace and remove the first that fits a field of the message is applied to it; then the "
             "others are, in this order."},
    {.key = "strip_results",
     .type = OPTION_BOOL,
     .offset = KEY(strip_results),
     .fallback = "true",
     .help =
         "Removes Authentication-Results that claim to be by ourselves, or by nobody one could name, before "
         "any rule is looked at (RFC 8601 5)."},
    {.key = "authserv_id",
     .type = OPTION_STRINGS,
     .offset = KEY(authserv_id),
     .help = "The names under which our own Authentication-Results are believed; `hostname` when absent."},
    {.key = "trusted",
     .type = OPTION_NETWORKS,
     .offset = KEY(trusted),
     .help = "Addresses and networks of clients that may pass on our own Authentication-Results."},
    {.key = NULL}};
