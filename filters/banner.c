/* banner.c: changes the texts a client reads, so that they do not tell which product answers. Codes stay. */
#include <ctype.h>
#include <stdio.h>

#include "filters/filters.h"

#define REPLY_OCTETS 512 /* RFC 5321 4.5.3.1.5 */

/* One rule; the first that fits a reply is applied. */
struct banner_rule {
    const char *verb;     /* NULL: any */
    int64_t code;         /* 0: any */
    const char *contains; /* NULL: any */
    const char *text;     /* the new text, or NULL */
    const char *with;     /* what stands in for `contains`, or NULL */
    const char *enhanced; /* NULL: as it was */
};

struct banner_config {
    const char *greeting;
    struct option_rows rules;
};

/* A reply's text taken apart, and what becomes of it. */
struct composed {
    char enhanced[12];
    char text[REPLY_OCTETS];
    size_t len;
};

static void compose(struct composed *out, struct span s)
{
    size_t room = sizeof(out->text) - out->len;
    size_t len = s.len < room ? s.len : room;

    if (len != 0)
        memcpy(out->text + out->len, s.ptr, len);
    out->len += len;
}

/* The length of "5.7.1" at the start of a text, 0 when it begins otherwise (RFC 2034 4). */
static size_t enhanced_len(struct span text)
{
    size_t len = 0;
    unsigned dots = 0;

    while (len < text.len && (isdigit((unsigned char)text.ptr[len]) || text.ptr[len] == '.'))
        dots += text.ptr[len++] == '.';
    if (dots != 2 || len >= sizeof(((struct composed *)0)->enhanced))
        return 0;
    return len < text.len && text.ptr[len] == ' ' ? len : 0;
}

/* The first place of `wanted` in s, or s.len. */
static size_t find(struct span s, struct span wanted)
{
    for (size_t at = 0; at + wanted.len <= s.len; at++)
        if (span_starts_nocase(span_skip(s, at), wanted))
            return at;
    return s.len;
}

static bool fits(const struct banner_rule *rule, const struct filter_reply *reply)
{
    if (rule->verb != NULL && !span_eq_nocase(span_str(rule->verb), reply->verb))
        return false;
    if (rule->code != 0 && rule->code != (int64_t)reply->code)
        return false;
    return rule->contains == NULL || find(reply->text, span_str(rule->contains)) < reply->text.len;
}

static void substitute(struct composed *out, struct span text, const struct banner_rule *rule)
{
    struct span wanted = span_str(rule->contains);

    while (text.len != 0) {
        size_t at = find(text, wanted);
        compose(out, span_first(text, at));
        if (at == text.len)
            break;
        compose(out, span_str(rule->with));
        text = span_skip(text, at + wanted.len);
    }
}

static void apply(struct filter_ctx *ctx, const struct filter_reply *reply, const struct banner_rule *rule)
{
    struct composed out = {.len = 0};
    struct span text = reply->text;
    size_t enhanced = enhanced_len(text);

    if (enhanced != 0) {
        memcpy(out.enhanced, text.ptr, enhanced);
        text = span_skip(text, enhanced + 1);
    }
    if (rule->with != NULL)
        substitute(&out, text, rule);
    else
        compose(&out, rule->text != NULL ? span_str(rule->text) : text);
    filter_rewrite_reply(ctx, reply->code,
                         rule->enhanced != NULL ? rule->enhanced
                         : enhanced != 0        ? out.enhanced
                                                : NULL,
                         span_of(out.text, out.len));
}

/* greeting = "220 " (Domain / address-literal) [ SP textstring ] CRLF ; RFC 5321 4.2: the domain stays */
static void greet(struct filter_ctx *ctx, const struct filter_reply *reply, const char *greeting)
{
    struct composed out = {.len = 0};

    compose(&out, span_first(reply->text, find(reply->text, SPAN(" "))));
    compose(&out, SPAN(" "));
    compose(&out, span_str(greeting));
    filter_rewrite_reply(ctx, reply->code, NULL, span_of(out.text, out.len));
}

static enum verdict banner_on_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    const struct banner_config *config = filter_config(ctx);
    const struct banner_rule *rules = config->rules.items;

    if (reply->code == 220 && config->greeting != NULL && span_eq(reply->verb, SPAN("CONNECT"))) {
        greet(ctx, reply, config->greeting);
        return VERDICT_CONTINUE;
    }
    /* The last line of an EHLO reply is a keyword, the text of a 334 is a challenge: neither is for reading.
     */
    if (reply->code / 100 == 3 || (reply->code == 250 && span_eq(reply->verb, SPAN("EHLO"))))
        return VERDICT_CONTINUE;
    for (size_t i = 0; i < config->rules.count; i++)
        if (fits(&rules[i], reply)) {
            apply(ctx, reply, &rules[i]);
            break;
        }
    return VERDICT_CONTINUE;
}

static int banner_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct banner_config *config = opened;
    const struct banner_rule *rules = config->rules.items;
    int result = 0;

    (void)interests;
    (void)edits;
    for (size_t i = 0; i < config->rules.count; i++) {
        const char *wrong = NULL;
        char path[32];
        if (rules[i].with != NULL && (rules[i].contains == NULL || rules[i].contains[0] == '\0'))
            wrong = "`with` stands in for what `contains` names: give both";
        else if (rules[i].with != NULL && rules[i].text != NULL)
            wrong = "either `text`, the whole new text, or `with`, for a part of it";
        else if (rules[i].with == NULL && rules[i].text == NULL && rules[i].enhanced == NULL)
            wrong = "changes nothing: give `text`, `with` or `enhanced`";
        if (wrong == NULL)
            continue;
        (void)snprintf(path, sizeof(path), "rules[%zu]", i);
        filter_complain(setup, path, "%s", wrong);
        result = -1;
    }
    return result;
}

#define RULE(name) offsetof(struct banner_rule, name)

static const struct option banner_rule_options[] = {
    {.key = "verb",
     .type = OPTION_STRING,
     .offset = RULE(verb),
     .help = "The command answered; CONNECT for the greeting, \".\" for the end of data; absent: any."},
    {.key = "code", .type = OPTION_INT, .offset = RULE(code), .max = 599, .help = "The reply code; 0: any."},
    {.key = "contains",
     .type = OPTION_STRING,
     .offset = RULE(contains),
     .help = "A part of the text, upper and lower case alike; absent: any."},
    {.key = "text", .type = OPTION_STRING, .offset = RULE(text), .help = "The new text, without codes."},
    {.key = "with",
     .type = OPTION_STRING,
     .offset = RULE(with),
     .help = "Instead of `text`: replaces what `contains` names wherever it stands."},
    {.key = "enhanced",
     .type = OPTION_STRING,
     .offset = RULE(enhanced),
     .help = "The new enhanced code, e.g. 5.7.1; absent: as it was."},
    {.key = NULL}};

static const struct option banner_options[] = {
    {.key = "greeting",
     .type = OPTION_STRING,
     .offset = offsetof(struct banner_config, greeting),
     .help = "The greeting's text behind the host name."},
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = offsetof(struct banner_config, rules),
     .row = banner_rule_options,
     .row_size = sizeof(struct banner_rule),
     .help = "Which replies get which text; the first rule that fits is applied."},
    {.key = NULL}};

const struct filter filter_banner = {
    .api = FILTER_API,
    .name = "banner",
    .help = "Rewrites the greeting and the texts of replies.",
    .options = banner_options,
    .config_size = sizeof(struct banner_config),
    .open = banner_open,
    .on_reply = banner_on_reply,
};
