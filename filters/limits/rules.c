/* rules.c: what can be measured, and the keys that bound it. */
#include "filters/limits/rules.h"

#include <inttypes.h>
#include <stdio.h>

/* 552 5.3.4: too big; 554 5.6.0: nothing to be made of its content; 550 5.7.1: policy (RFC 5321 4.2.3, 3463).
 */
static const struct {
    const char *what;
    struct {
        unsigned code;
        const char *enhanced;
    } refused, put_off;
    enum filter_event event;
} limits[LIMITS] = {
    [LIMIT_HEADER] = {"octets of header section", {552, "5.3.4"}, {452, "4.3.4"}, FILTER_HEADER},
    [LIMIT_FIELDS] = {"header fields", {554, "5.6.0"}, {451, "4.6.0"}, FILTER_HEADER},
    [LIMIT_FIELD] = {"octets in a header field", {552, "5.3.4"}, {452, "4.3.4"}, FILTER_HEADER},
    [LIMIT_ADDRESSES] = {"addresses in To and Cc", {550, "5.7.1"}, {450, "4.7.1"}, FILTER_HEADER},
    [LIMIT_BODY] = {"octets of body", {552, "5.3.4"}, {452, "4.3.4"}, FILTER_BODY},
    [LIMIT_PARTS] = {"parts", {554, "5.6.0"}, {451, "4.6.0"}, FILTER_PART},
    [LIMIT_DEPTH] = {"parts in each other", {554, "5.6.0"}, {451, "4.6.0"}, FILTER_PART},
    [LIMIT_PART] = {"octets in a part", {552, "5.3.4"}, {452, "4.3.4"}, FILTER_PART},
    [LIMIT_DECODED] = {"octets, decoded", {552, "5.3.4"}, {452, "4.3.4"}, FILTER_PART},
    [LIMIT_LINE] = {"octets in a line of text", {554, "5.6.0"}, {451, "4.6.0"}, FILTER_PART},
    [LIMIT_ATTACHMENTS] = {"attachments", {550, "5.7.1"}, {450, "4.7.1"}, FILTER_PART},
    [LIMIT_FILENAME] = {"octets in the name of a part", {554, "5.6.0"}, {451, "4.6.0"}, FILTER_PART},
};

static const char *const names[] = {"header", "fields",  "field", "addresses",   "body",     "parts", "depth",
                                    "part",   "decoded", "line",  "attachments", "filename", NULL};
static const char *const actions[] = {"reject", "tempfail", "quarantine", "discard", "tag", "log", NULL};

const char *limits_what(enum limit limit)
{
    return limits[limit].what;
}

void limits_refuse(struct filter_ctx *ctx, enum limit limit, uint64_t most, bool permanent)
{
    unsigned code = permanent ? limits[limit].refused.code : limits[limit].put_off.code;
    const char *enhanced = permanent ? limits[limit].refused.enhanced : limits[limit].put_off.enhanced;

    filter_set_reply(ctx, code, enhanced, "More than %" PRIu64 " %s", most, limits[limit].what);
}

enum filter_event limits_event(enum limit limit)
{
    return limits[limit].event;
}

/* field-name = 1*ftext ; ftext = %d33-57 / %d59-126 ; RFC 5322 3.6.8. Then one printable line. */
static bool read_tag(struct limits_rule *rule)
{
    struct span field = span_str(rule->header);
    const char *colon = memchr(field.ptr, ':', field.len);

    if (colon == NULL)
        return false;
    rule->tag_name = span_first(field, (size_t)(colon - field.ptr));
    rule->tag_value = span_trim(span_skip(field, rule->tag_name.len + 1));
    for (size_t i = 0; i < field.len; i++) {
        char least = i < rule->tag_name.len ? '!' : ' ';
        if (field.ptr[i] < least || field.ptr[i] > '~')
            return false;
    }
    return rule->tag_name.len != 0 && rule->tag_name.len < 77 && rule->tag_value.len != 0 &&
           rule->tag_value.len <= 900;
}

static int check(struct limits_rule *rule, size_t n, struct filter_setup *setup)
{
    bool refuses = rule->action == LIMITS_REJECT || rule->action == LIMITS_TEMPFAIL;
    char path[32];

    (void)snprintf(path, sizeof(path), "rules[%zu]", n);
    if (!refuses && rule->reply != NULL) {
        filter_complain(setup, path, "`reply` is for reject and tempfail");
        return -1;
    }
    if ((rule->action == LIMITS_TAG) != (rule->header != NULL)) {
        filter_complain(setup, path, "`tag` and `header` go together");
        return -1;
    }
    if (rule->header != NULL && !read_tag(rule)) {
        filter_complain(setup, path, "\"%s\" is no header field; such as \"X-Large: yes\"", rule->header);
        return -1;
    }
    if (rule->reply == NULL)
        return 0;
    if (refusal_parse(&rule->refusal, rule->reply, setup, path) != 0)
        return -1;
    if ((rule->refusal.code >= 500) == (rule->action == LIMITS_REJECT))
        return 0;
    filter_complain(setup, path, "\"%s\" is not of the class of this action: reject 5xx, tempfail 4xx",
                    rule->reply);
    return -1;
}

int limits_rules_check(struct limits_config *config, struct filter_setup *setup)
{
    struct limits_rule *rules = config->rules.items;
    int rc = 0;

    if (config->rules.count > LIMITS_RULES) {
        filter_complain(setup, "rules", "%d rules at most", LIMITS_RULES);
        return -1;
    }
    for (size_t i = 0; i < config->rules.count; i++) {
        rc |= check(&rules[i], i, setup);
        config->of[rules[i].of] |= UINT64_C(1) << i;
    }
    return rc;
}

#define RULE(member) offsetof(struct limits_rule, member)
static const struct option rule_options[] = {
    {.key = "of",
     .type = OPTION_ENUM,
     .offset = RULE(of),
     .words = names,
     .required = true,
     .help =
         "What is bounded. Of the message: header (octets of its header section), fields (their number), "
         "field "
         "(octets of one), addresses (in To and Cc together), body (octets, not decoded), parts, depth (of "
         "parts in each other), decoded (octets of all parts), attachments. Of each part: part (octets, "
         "decoded), line (octets of a line of text, decoded), filename (octets of its name)."},
    {.key = "max",
     .type = OPTION_SIZE,
     .offset = RULE(most),
     .required = true,
     .help = "How much of it there may be."},
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = RULE(action),
     .fallback = "reject",
     .words = actions,
     .help = "What becomes of a message with more; after tag and log the other rules are asked."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = RULE(reply),
     .help = "The reply of reject and tempfail; when absent it names the limit, with an enhanced code that "
             "fits."},
    {.key = "header",
     .type = OPTION_STRING,
     .offset = RULE(header),
     .help = "The header field that tag adds, e.g. \"X-Large: attachment\"."},
    {.key = NULL}};

const struct option limits_options[] = {{.key = "rules",
                                         .type = OPTION_ROWS,
                                         .offset = offsetof(struct limits_config, rules),
                                         .row = rule_options,
                                         .row_size = sizeof(struct limits_rule),
                                         .required = true,
                                         .help =
                                             "Each is asked as soon as there is too much of what it bounds; "
                                             "what holds for everybody is bounded by "
                                             "the section `limits` of proxy.yaml, whatever is written here."},
                                        {.key = NULL}};
