/* rules.c: checks and compiles the rules of a regex filter. Their keys are in options.c, what they do is
 * checked in deed.c; looking is left to sieve.c, deciding to act.c. */
#include "filters/regex/rules.h"

#include <stdio.h>
#include <stdlib.h>

/* What of a rule a complaint is about. */
struct place {
    struct filter_setup *setup;
    size_t rule;
    const struct option_place *line; /* of a file that a list of patterns names; NULL: none */
};

static int complain(const struct place *place, const char *key, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "rules[%zu].%s", place->rule, key);
    if (place->line != NULL && place->line->file != NULL)
        filter_complain(place->setup, path, "%s:%u: %s", place->line->file, place->line->line, text);
    else
        filter_complain(place->setup, path, "%s", text);
    return -1;
}

/* At HELO there is no message yet: rules that need one look at the name when it begins. */
static bool needs_message(const struct rule *rule)
{
    return rule->deed.action == ACTION_TAG || rule->deed.action == ACTION_DISCARD ||
           rule->deed.action == ACTION_QUARANTINE || rule->score != 0;
}

static int check_scope(struct rule *rule, const struct place *place)
{
    const char *wrong = scope_parse(&rule->scope, span_str(rule->on));

    if (wrong != NULL)
        return complain(place, "on", wrong);
    if (rule->scope.kind == SCOPE_HELO && needs_message(rule))
        rule->scope.kind = SCOPE_HELO_LATE;
    return 0;
}

static int check_action(const struct rule *rule, const struct place *place)
{
    int action = rule->deed.action;
    bool reply = rule->scope.kind == SCOPE_REPLY;

    if (action == ACTION_NONE && rule->score == 0)
        return complain(place, "action", "is missing; a rule has an action, a score, or both");
    if (action == ACTION_REWRITE && (!reply || rule->replacement == NULL))
        return complain(place, "action", "rewrite is for rules on reply, and needs the key replacement");
    if (reply && action != ACTION_REWRITE && action != ACTION_LOG && action != ACTION_DISCONNECT)
        return complain(place, "action", "a rule on reply can rewrite, log or disconnect");
    if (reply && rule->score != 0)
        return complain(place, "score", "a rule on reply has none");
    return 0;
}

static int check_replacement(struct rule *rule, const struct place *place)
{
    const char *wrong;

    if (rule->replacement == NULL)
        return 0;
    if (rule->deed.action != ACTION_REWRITE)
        return complain(place, "replacement", "only rewrite has a replacement");
    wrong = template_read(&rule->rewritten, rule->replacement);
    return wrong != NULL ? complain(place, "replacement", wrong) : 0;
}

/* --- patterns --------------------------------------------------------------------------------------------
 */

/* A pattern that matches the text and nothing else; the caller frees it. */
static char *quote(const char *text)
{
    size_t len = strlen(text);
    char *source = malloc(4 * len + 1), *at = source;

    for (size_t i = 0; source != NULL && i < len; i++) {
        char c = text[i], lower = span_lower_byte(c);
        if ((unsigned char)c >= 0x80 || (lower >= 'a' && lower <= 'z'))
            *at++ = c;
        else
            at += snprintf(at, 5, "\\x%02x", (unsigned char)c);
    }
    if (source != NULL)
        *at = '\0';
    return source;
}

static struct pattern *compile(const struct rule *rule, const char *source, const struct regex_config *config,
                               struct pattern_error *error)
{
    bool utf = rule->utf == UTF_TRUE || (rule->utf == UTF_AUTO && scope_characters(&rule->scope));
    struct pattern_options options = {.match = (uint32_t)config->limits.match,
                                      .depth = (uint32_t)config->limits.depth,
                                      .heap = (uint32_t)(config->limits.heap >> 10),
                                      .utf = utf,
                                      .caseless = rule->caseless,
                                      .jit = config->jit};

    return pattern_new(source, &options, error);
}

/* One more pattern of the rule; key: where it is written. */
static int add(struct rule *rule, const char *source, const char *key, const struct place *place,
               const struct regex_config *config)
{
    struct pattern_error error;
    struct pattern *pattern = compile(rule, source, config, &error);

    if (pattern == NULL) {
        char text[sizeof error.message + 32];
        snprintf(text, sizeof text, "%s at offset %zu", error.message, error.offset);
        return complain(place, key, text);
    }
    rule->compiled[rule->compiled_count++] = pattern;
    if (pattern_reach(pattern) > config->limits.window / 2)
        return complain(place, key, "looks back further than half of limits.window");
    return 0;
}

static int add_list(struct rule *rule, const char *key, bool literal, const struct place *given,
                    const struct regex_config *config)
{
    const struct option_strings *list = literal ? &rule->literals : &rule->patterns;
    int result = 0;

    for (size_t i = 0; list->items != NULL && i < list->count; i++) {
        struct place place = {given->setup, given->rule, list->places != NULL ? &list->places[i] : NULL};
        char path[48], *quoted = literal ? quote(list->items[i]) : NULL;
        snprintf(path, sizeof path, "%s[%zu]", key, i);
        if (literal && quoted == NULL)
            result |= complain(&place, path, "memory is short");
        else
            result |= add(rule, literal ? quoted : list->items[i], path, &place, config);
        free(quoted);
    }
    return result;
}

static int check_patterns(struct rule *rule, const struct place *place, const struct regex_config *config)
{
    size_t count = rule->patterns.count + rule->literals.count + (rule->source != NULL);
    int result = 0;

    if (rule->source == NULL && rule->patterns.items == NULL && rule->literals.items == NULL)
        return complain(place, "pattern", "is missing; a rule has a pattern, patterns or literals");
    rule->compiled = malloc((count + 1) * sizeof(struct pattern *));
    if (rule->compiled == NULL)
        return complain(place, "pattern", "memory is short");
    if (rule->source != NULL)
        result |= add(rule, rule->source, "pattern", place, config);
    result |= add_list(rule, "patterns", false, place, config);
    return add_list(rule, "literals", true, place, config) | result;
}

/* Every name that a text mentions is a group of a pattern at least. */
static int check_names(const struct rule *rule, const struct template *template, const char *key,
                       const struct place *place)
{
    char name[TEMPLATE_NAME];

    for (unsigned n = 0; template_name(template, n, name); n++) {
        bool known = false;
        for (size_t i = 0; i < rule->compiled_count && !known; i++)
            known = pattern_names(rule->compiled[i], name);
        if (!known) {
            char text[2 * TEMPLATE_NAME + 64];
            snprintf(text, sizeof text, "no group is named \"%s\", as in (?<%s>...)", name, name);
            return complain(place, key, text);
        }
    }
    return 0;
}

static int check_name(struct rule *rule, const struct place *place)
{
    if (rule->name != NULL)
        return 0;
    char *name = filter_setup_alloc(place->setup, 32);
    if (name == NULL)
        return complain(place, "name", "memory is short");
    snprintf(name, 32, "rule %zu", place->rule + 1);
    rule->name = name;
    return 0;
}

static int check_rule(struct rule *rule, const struct place *place, const struct regex_config *config)
{
    char path[48];
    int result = check_name(rule, place);

    snprintf(path, sizeof path, "rules[%zu]", place->rule);
    if (check_scope(rule, place) != 0)
        return -1;
    result |= check_action(rule, place);
    result |= deed_check(&rule->deed, path, place->setup);
    result |= check_replacement(rule, place);
    if (check_patterns(rule, place, config) != 0)
        return -1;
    result |=
        check_names(rule, &rule->deed.text, rule->deed.action == ACTION_TAG ? "header" : "reply", place);
    return check_names(rule, &rule->rewritten, "replacement", place) | result;
}

/* --- thresholds ------------------------------------------------------------------------------------------
 */

static int check_threshold(struct threshold *threshold, size_t n, struct filter_setup *setup)
{
    char path[48], name[TEMPLATE_NAME];
    int result;

    snprintf(path, sizeof path, "thresholds[%zu]", n);
    result = deed_check(&threshold->deed, path, setup);
    if (threshold->deed.action == ACTION_NONE || threshold->deed.action == ACTION_REWRITE ||
        threshold->deed.action == ACTION_DISCONNECT) {
        filter_complain(setup, path, "reject, tempfail, tag, log, discard or quarantine");
        result = -1;
    }
    for (unsigned i = 0; template_name(&threshold->deed.text, i, name); i++) {
        if (strcmp(name, "score") == 0 || strcmp(name, "rules") == 0)
            continue;
        filter_complain(setup, path, "${%s} is not known; ${score} and ${rules} are", name);
        result = -1;
    }
    return result;
}

int rules_compile(struct regex_config *config, struct filter_setup *setup)
{
    int result = 0;

    if (!trigger_available((enum trigger_engine)config->engine)) {
        filter_complain(setup, "prefilter", "is not part of this program");
        return -1;
    }
    for (size_t i = 0; i < config->rules.count; i++) {
        struct place place = {setup, i, NULL};
        result |= check_rule(rules_at(config, i), &place, config);
    }
    for (size_t i = 0; i < config->thresholds.count; i++)
        result |= check_threshold(thresholds_at(config, i), i, setup);
    return result == 0 ? lanes_make(config, setup) : result;
}

void rules_free(struct regex_config *config)
{
    lanes_free(config);
    for (size_t i = 0; i < config->rules.count; i++) {
        struct rule *rule = rules_at(config, i);
        for (size_t n = 0; n < rule->compiled_count; n++)
            pattern_free(rule->compiled[n]);
        free(rule->compiled);
        rule->compiled = NULL;
        rule->compiled_count = 0;
    }
}
