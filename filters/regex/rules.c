/* rules.c: checks and compiles the rules of a regex filter. Their keys are in options.c; looking is left to
 * scan.c, deciding to regex.c. */
#include "filters/regex/rules.h"

#include <stdio.h>

/* The key of a rule that a complaint is about. */
struct place {
    struct filter_setup *setup;
    size_t rule;
};

static int complain(const struct place *place, const char *key, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "rules[%zu].%s", place->rule, key);
    filter_complain(place->setup, path, "%s", text);
    return -1;
}

/* field-name = 1*ftext
 * ftext = %d33-57 / %d59-126          RFC 5322 3.6.8
 * No longer than leaves room on a line of 78 octets (2.1.1). */
static bool field_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0 && name.len < 77;
}

static bool printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            return false;
    return true;
}

static int check_part(struct rule *rule, const struct place *place)
{
    static const struct {
        const char *word;
        enum rule_part part;
        const char *field;
    } parts[] = {
        {"helo", PART_HELO, NULL},
        {"from", PART_FROM, NULL},
        {"to", PART_TO, NULL},
        {"envelope", PART_ENVELOPE, NULL},
        {"subject", PART_FIELD, "Subject"},
        {"headers", PART_HEADERS, NULL},
        {"raw", PART_RAW, NULL},
        {"body", PART_BODY, NULL},
        {"text", PART_TEXT, NULL},
        {"filename", PART_FILENAME, NULL},
    };
    struct span on = span_str(rule->on);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!span_eq(on, span_str(parts[i].word)))
            continue;
        rule->part = parts[i].part;
        rule->field = span_str(parts[i].field);
        return 0;
    }
    struct span prefix = SPAN("header:");
    if (!span_starts_nocase(on, prefix))
        return complain(
            place, "on",
            "unknown part; one of helo, from, to, envelope, subject, header:NAME, headers, raw, body");
    rule->part = PART_FIELD;
    rule->field = span_skip(on, prefix.len);
    return field_name(rule->field) ? 0 : complain(place, "on", "no name of a header field after \"header:\"");
}

/* Reply-code = %x32-35 %x30-35 %x30-39          RFC 5321 4.2
 * Returns the octets read. */
static size_t read_code(const char *text, unsigned *code)
{
    if (text[0] < '2' || text[0] > '5' || text[1] < '0' || text[1] > '5' || text[2] < '0' || text[2] > '9')
        return 0;
    *code = (unsigned)(text[0] - '0') * 100 + (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
    return 3;
}

/* status-code = class "." subject "." detail
 * class = "2" / "4" / "5"
 * subject = 1*3digit
 * detail = 1*3digit                              RFC 3463 2
 * Returns the octets read; 0 when the text does not begin with one that ends it or a space follows. */
static size_t read_enhanced(const char *text)
{
    if (strchr("245", text[0]) == NULL || text[0] == '\0')
        return 0;
    size_t at = 1;
    for (int part = 0; part < 2; part++) {
        if (text[at] != '.')
            return 0;
        size_t digits = strspn(text + ++at, "0123456789");
        if (digits < 1 || digits > 3)
            return 0;
        at += digits;
    }
    return text[at] == ' ' || text[at] == '\0' ? at : 0;
}

static int check_reply(struct rule *rule, const struct place *place)
{
    bool reject = rule->action == ACTION_REJECT;
    if (rule->reply == NULL)
        return 0;
    if (!reject && rule->action != ACTION_TEMPFAIL)
        return complain(place, "reply", "only reject and tempfail have a reply");
    const char *at = rule->reply;
    size_t len = read_code(at, &rule->code);
    if (len == 0 || at[len] != ' ')
        return complain(place, "reply", "a reply is a code, a space and a text, e.g. \"550 5.7.1 Refused\"");
    if (rule->code / 100 != (reject ? 5 : 4))
        return complain(place, "reply", reject ? "reject needs a 5xx code" : "tempfail needs a 4xx code");
    if (rule->code == 421)
        return complain(place, "reply", "421 would say that the connection is closed");
    char class = *at;
    at += len + 1;
    len = read_enhanced(at);
    if (len > 0) {
        if (*at != class)
            return complain(place, "reply", "the enhanced code is of another class than the code");
        memcpy(rule->enhanced, at, len);
        at += len + (at[len] == ' ');
    }
    rule->text = at;
    if (*at == '\0' || strlen(at) > 400 || !printable(span_str(at)))
        return complain(place, "reply", "the text is one line of at most 400 printable octets");
    return 0;
}

static int check_header(struct rule *rule, const struct place *place)
{
    bool tag = rule->action == ACTION_TAG;
    if (rule->header == NULL)
        return tag ? complain(place, "action", "tag needs the key header") : 0;
    if (!tag)
        return complain(place, "header", "only tag has a header");
    const char *colon = strchr(rule->header, ':');
    size_t len = colon != NULL ? (size_t)(colon - rule->header) : 0;
    rule->tag_name = span_of(rule->header, len);
    rule->tag_value = span_trim(span_str(colon != NULL ? colon + 1 : ""));
    if (!field_name(rule->tag_name))
        return complain(place, "header", "a header is a name, a colon and a value, e.g. \"X-Tag: invoice\"");
    if (rule->tag_value.len == 0 || rule->tag_value.len > 900 || !printable(rule->tag_value))
        return complain(place, "header", "the value is one line of at most 900 printable octets");
    return 0;
}

static int check_pattern(struct rule *rule, const struct place *place, const struct regex_config *config)
{
    struct pattern_options options = {.match = (uint32_t)config->limits.match,
                                      .depth = (uint32_t)config->limits.depth,
                                      .heap = (uint32_t)(config->limits.heap >> 10),
                                      .utf = rule->utf,
                                      .jit = config->jit};
    struct pattern_error error;
    rule->pattern = pattern_new(rule->source, &options, &error);
    if (rule->pattern == NULL) {
        char text[sizeof error.message + 32];
        snprintf(text, sizeof text, "%s at offset %zu", error.message, error.offset);
        return complain(place, "pattern", text);
    }
    if (rule_streams(rule) && pattern_reach(rule->pattern) > config->limits.window / 2)
        return complain(place, "pattern", "looks back further than half of limits.window");
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

int rules_compile(struct regex_config *config, struct filter_setup *setup)
{
    int result = 0;
    for (size_t i = 0; i < config->rules.count; i++) {
        struct rule *rule = rules_at(config, i);
        struct place place = {setup, i};
        result |= check_name(rule, &place);
        result |= check_part(rule, &place);
        result |= check_reply(rule, &place);
        result |= check_header(rule, &place);
        result |= check_pattern(rule, &place, config);
    }
    return result;
}

void rules_free(struct regex_config *config)
{
    for (size_t i = 0; i < config->rules.count; i++) {
        struct rule *rule = rules_at(config, i);
        pattern_free(rule->pattern);
        rule->pattern = NULL;
    }
}
