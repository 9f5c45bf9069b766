/* headers.c: adds, replaces and removes header fields by rules, and removes Authentication-Results forged in
 * our name. */
#include "filters/filters.h"
#include "filters/headers/authserv.h"
#include "filters/headers/rules.h"
#include "filters/networks.h"
#include "filters/regex/field.h"
#include "filters/regex/scan.h"

#define VALUE_OCTETS 4096 /* of a value that is made of another */

/* A field that rules would replace or remove. */
struct hit {
    struct hit *next; /* further up in the message */
    unsigned nth;
    uint64_t rules;    /* bits of those that it fits */
    struct span value; /* unfolded; absent when no rule makes another of it */
};

/* Fields of one name. */
struct group {
    unsigned seen;
    struct hit *hits; /* the last one first: removing it moves none of the others */
};

struct headers_message {
    struct group *groups; /* one per rule, used by the first of each name */
    struct field field;
    uint64_t met; /* rules whose condition has come about */
};

static struct headers_message *message_of(struct filter_ctx *ctx)
{
    const struct headers_config *config = filter_config(ctx);
    struct headers_message *message = filter_message(ctx);

    if (message == NULL || message->groups != NULL)
        return message;
    message->groups = filter_alloc(ctx, (config->count + 1) * sizeof(message->groups[0]));
    if (message->groups == NULL)
        return NULL;
    for (size_t i = 0; i < config->count; i++)
        if (config->rules[i].when.header == NULL)
            message->met |= UINT64_C(1) << i;
    return message;
}

static bool is_ours(struct filter_ctx *ctx, struct span id)
{
    const struct headers_config *config = filter_config(ctx);

    if (config->authserv_id.count == 0)
        return span_eq_nocase(id, filter_facts(ctx)->hostname);
    for (size_t i = 0; i < config->authserv_id.count; i++)
        if (span_eq_nocase(id, span_str(config->authserv_id.items[i])))
            return true;
    return false;
}

/* Authentication-Results whose author cannot be read are not believed either. */
static bool is_forged(struct filter_ctx *ctx, struct span value)
{
    const struct headers_config *config = filter_config(ctx);
    const struct filter_facts *facts = filter_facts(ctx);
    char id[HEADERS_AUTHSERV_ID];
    size_t len;

    if (networks_match(&config->trusted, facts->client_family, facts->client_address))
        return false;
    len = authserv_read(value, id, sizeof(id));
    return len == 0 || is_ours(ctx, span_of(id, len));
}

/* 1: matches, 0: does not, -1: nobody knows, and the reason has been given. */
static int matches(struct filter_ctx *ctx, const struct pattern *pattern, struct span text)
{
    const char *limit = NULL;
    enum scan_result result;

    if (pattern == NULL)
        return 1;
    result = scan_whole(pattern, text, &limit);
    if (result != SCAN_LIMIT)
        return result == SCAN_MATCH;
    filter_set_reason(ctx, "%s", limit);
    return -1;
}

/* As matches(): whether the rule would replace or remove a field of its name. */
static int fits(struct filter_ctx *ctx, const struct headers_rule *rule, struct span value,
                struct span unfolded)
{
    if (!headers_rule_edits(rule))
        return 0;
    return rule->forged ? is_forged(ctx, value) : matches(ctx, rule->pattern, unfolded);
}

/* As matches(): whether the field is what the rule waits for. */
static int meets(struct filter_ctx *ctx, const struct headers_rule *rule, struct span name,
                 struct span unfolded)
{
    return span_eq_nocase(name, span_str(rule->when.header)) ? matches(ctx, rule->condition, unfolded) : 0;
}

/* The value, if one of the rules makes another of it. False: no memory. */
static bool keep_value(struct filter_ctx *ctx, struct hit *hit, struct span unfolded)
{
    const struct headers_config *config = filter_config(ctx);
    bool wanted = false;
    char *copy;

    for (uint64_t left = hit->rules; left != 0 && !wanted; left &= left - 1)
        wanted = config->rules[__builtin_ctzll(left)].made != NULL;
    if (!wanted)
        return true;
    copy = filter_alloc(ctx, unfolded.len + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, unfolded.len != 0 ? unfolded.ptr : "", unfolded.len);
    hit->value = span_of(copy, unfolded.len);
    return true;
}

/* Puts down which rules fit a field. */
static bool count(struct filter_ctx *ctx, struct group *group, uint64_t rules, struct span unfolded)
{
    struct hit *hit;

    group->seen++;
    if (rules == 0)
        return true;
    hit = filter_alloc(ctx, sizeof(*hit));
    if (hit == NULL)
        return false;
    *hit = (struct hit){.next = group->hits, .nth = group->seen, .rules = rules};
    group->hits = hit;
    return keep_value(ctx, hit, unfolded);
}

/* A field is held against all rules. */
static bool look(struct filter_ctx *ctx, struct headers_message *message, struct span name, struct span value,
                 struct span unfolded)
{
    const struct headers_config *config = filter_config(ctx);
    struct group *group = NULL;
    uint64_t fitting = 0;

    for (size_t i = 0; i < config->count; i++) {
        const struct headers_rule *rule = &config->rules[i];
        int met = (message->met >> i & 1) == 0 ? meets(ctx, rule, name, unfolded) : 1;
        int fit = 0;
        if (span_eq_nocase(name, span_str(rule->name))) {
            group = &message->groups[rule->group];
            fit = fits(ctx, rule, value, unfolded);
        }
        if (met < 0 || fit < 0)
            return false;
        message->met |= (uint64_t)met << i;
        fitting |= (uint64_t)fit << i;
    }
    return group == NULL || count(ctx, group, fitting, unfolded);
}

static enum verdict headers_on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    struct headers_message *message = message_of(ctx);
    struct span line, unfolded;

    if (message == NULL || field_compose(&message->field, name, value, &line, &unfolded) != 0)
        return VERDICT_FAIL;
    return look(ctx, message, name, value, unfolded) ? VERDICT_CONTINUE : VERDICT_FAIL;
}

/* A field gets the rule's value. */
static int replace(struct filter_ctx *ctx, const struct headers_rule *rule, const struct hit *hit)
{
    char made[VALUE_OCTETS];
    size_t len;

    if (rule->made == NULL)
        return filter_change_header(ctx, span_str(rule->name), hit->nth, span_str(rule->value));
    if (substitution_apply(rule->made, hit->value, made, sizeof(made), &len) == SUBSTITUTION_DONE)
        return filter_change_header(ctx, span_str(rule->name), hit->nth, span_of(made, len));
    filter_set_reason(ctx, "the value of %s is too long, or takes too long to make", rule->name);
    return -1;
}

/* Of the rules that fit a field the first is applied. */
static bool apply_hits(struct filter_ctx *ctx, const struct group *group, uint64_t met)
{
    const struct headers_config *config = filter_config(ctx);

    for (const struct hit *hit = group->hits; hit != NULL; hit = hit->next) {
        const struct headers_rule *rule;
        int error;
        if ((hit->rules & met) == 0)
            continue;
        rule = &config->rules[__builtin_ctzll(hit->rules & met)];
        if (rule->action == HEADERS_REMOVE)
            error = filter_delete_header(ctx, span_str(rule->name), hit->nth);
        else
            error = replace(ctx, rule, hit);
        if (error != 0)
            return false;
    }
    return true;
}

static bool put(struct filter_ctx *ctx, const struct headers_rule *rule)
{
    struct span name = span_str(rule->name), value = span_str(rule->value);

    switch ((enum headers_action)rule->action) {
    case HEADERS_ADD:
        return filter_add_header(ctx, name, value) == 0;
    case HEADERS_PREPEND:
        return filter_prepend_header(ctx, name, value) == 0;
    case HEADERS_APPEND:
        return filter_append_header(ctx, name, value) == 0;
    case HEADERS_INSERT:
        return filter_insert_header(ctx, (unsigned)rule->position, name, value) == 0;
    case HEADERS_REPLACE:
    case HEADERS_REMOVE:
        break;
    }
    return true;
}

static void forget(struct filter_ctx *ctx)
{
    struct headers_message *message = filter_message(ctx);

    if (message != NULL)
        field_free(&message->field);
}

static enum verdict headers_on_end_of_headers(struct filter_ctx *ctx)
{
    const struct headers_config *config = filter_config(ctx);
    const struct headers_message *message = message_of(ctx);
    bool good = message != NULL;

    for (size_t i = 0; good && i < config->count; i++)
        good = apply_hits(ctx, &message->groups[i], message->met);
    for (size_t i = 0; good && i < config->count; i++)
        if ((message->met >> i & 1) != 0)
            good = put(ctx, &config->rules[i]);
    forget(ctx);
    return good ? VERDICT_CONTINUE : VERDICT_FAIL;
}

static int headers_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct headers_config *config = opened;

    (void)interests;
    networks_sort(&config->trusted);
    *edits |= FILTER_EDITS_HEADERS;
    if (headers_rules_compile(config, setup) == 0)
        return 0;
    headers_rules_free(config); /* what has not been opened is not shut */
    return -1;
}

static void headers_shut(void *opened)
{
    headers_rules_free(opened);
}

const struct filter filter_headers = {
    .api = FILTER_API,
    .name = "headers",
    .help =
        "Adds, replaces and removes header fields, and removes Authentication-Results forged in our name.",
    .options = headers_options,
    .config_size = sizeof(struct headers_config),
    .message_size = sizeof(struct headers_message),
    .open = headers_open,
    .shut = headers_shut,
    .on_header = headers_on_header,
    .on_end_of_headers = headers_on_end_of_headers,
    .on_abort = forget,
};
