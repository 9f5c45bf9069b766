/* rules.c: checks and compiles the rules of a headers filter. */
#include "filters/headers/rules.h"

#include <stdio.h>

static int complain(struct filter_setup *setup, size_t rule, const char *key, const char *text)
{
    char path[64];

    snprintf(path, sizeof(path), "rules[%zu]%s%s", rule, key[0] != '\0' ? "." : "", key);
    filter_complain(setup, path, "%s", text);
    return -1;
}

/* field-name = 1*ftext ; ftext = %d33-57 / %d59-126 ; RFC 5322 3.6.8
 * No longer than leaves room on a line of 78 octets (2.1.1). */
static bool is_field_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0 && name.len < 77;
}

static bool is_line(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            return false;
    return text.len != 0 && text.len <= 900;
}

static int compile(struct pattern **out, const char *source, struct filter_setup *setup, size_t rule,
                   const char *key)
{
    static const struct pattern_options options = {
        .match = 1000000, .depth = 100000, .heap = 20 << 10, .jit = true};
    struct pattern_error error;
    char text[sizeof(error.message) + 32];

    if (source == NULL)
        return 0;
    *out = pattern_new(source, &options, &error);
    if (*out != NULL)
        return 0;
    snprintf(text, sizeof(text), "%s at offset %zu", error.message, error.offset);
    return complain(setup, rule, key, text);
}

/* The value with what the groups of the pattern matched. */
static int compile_value(struct headers_rule *rule, struct filter_setup *setup, size_t at)
{
    char error[SUBSTITUTION_ERROR];

    rule->made = substitution_of(rule->source, rule->value, error);
    return rule->made != NULL ? 0 : complain(setup, at, "value", error);
}

/* A key that an action must have, or must not have. */
static int check_key(struct filter_setup *setup, size_t rule, const char *key, bool given, bool wanted)
{
    if (given == wanted)
        return 0;
    return complain(setup, rule, wanted ? "" : key,
                    wanted ? "this action needs the key value" : "this action has no such key");
}

static int check(struct headers_rule *rule, struct filter_setup *setup, size_t at)
{
    bool edits = headers_rule_edits(rule);
    int result = check_key(setup, at, "value", rule->value != NULL, rule->action != HEADERS_REMOVE);

    if (!edits)
        result |= check_key(setup, at, "pattern", rule->source != NULL, false);
    if (rule->action != HEADERS_INSERT)
        result |= check_key(setup, at, "position", rule->position != 0, false);
    if (!is_field_name(span_str(rule->name)))
        result |= complain(setup, at, "name", "no name of a header field");
    if (rule->value != NULL && !is_line(span_str(rule->value)))
        result |= complain(setup, at, "value", "the value is one line of at most 900 printable octets");
    if (rule->when.header != NULL && !is_field_name(span_str(rule->when.header)))
        result |= complain(setup, at, "if.header", "no name of a header field");
    result |= compile(&rule->pattern, rule->source, setup, at, "pattern");
    if (result == 0 && rule->action == HEADERS_REPLACE && rule->source != NULL)
        result |= compile_value(rule, setup, at);
    result |= compile(&rule->condition, rule->when.source, setup, at, "if.pattern");
    return result;
}

static void find_groups(struct headers_config *config)
{
    for (size_t i = 0; i < config->count; i++)
        for (size_t *group = &config->rules[i].group; *group < i; (*group)++)
            if (span_eq_nocase(span_str(config->rules[*group].name), span_str(config->rules[i].name)))
                break;
}

int headers_rules_compile(struct headers_config *config, struct filter_setup *setup)
{
    size_t written = config->written.count;
    int result = 0;

    if (written > HEADERS_RULES) {
        filter_complain(setup, "rules", "%d rules at most", HEADERS_RULES);
        return -1;
    }
    config->rules = filter_setup_alloc(setup, (written + 1) * sizeof(config->rules[0]));
    if (config->rules == NULL) {
        filter_complain(setup, "", "memory is short");
        return -1;
    }
    if (config->strip_results)
        config->rules[config->count++] =
            (struct headers_rule){.action = HEADERS_REMOVE, .name = "Authentication-Results", .forged = true};
    for (size_t i = 0; i < written; i++) {
        struct headers_rule *rule = &config->rules[config->count++];
        *rule = ((const struct headers_rule *)config->written.items)[i];
        result |= check(rule, setup, i);
    }
    for (size_t i = 0; i < config->authserv_id.count; i++)
        if (strlen(config->authserv_id.items[i]) >= HEADERS_AUTHSERV_ID) {
            filter_complain(setup, "authserv_id", "a name of %d octets at most", HEADERS_AUTHSERV_ID - 1);
            result = -1;
        }
    find_groups(config);
    return result;
}

void headers_rules_free(struct headers_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        pattern_free(config->rules[i].pattern);
        pattern_free(config->rules[i].condition);
        substitution_free(config->rules[i].made);
    }
    config->count = 0;
}
