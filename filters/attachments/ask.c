/* ask.c: asks the rules about one name or type at a time, and acts on what archives led to. */
#include <stdio.h>

#include "filters/attachments/attachments.h"
#include "filters/attachments/detect.h"
#include "filters/attachments/glob.h"
#include "filters/attachments/filename.h"

enum { SHOWN = 100 }; /* octets of a name in the log */

static const char *const subjects[SUBJECTS] = {"name", "type", "detected"};

static const struct {
    const char *word, *text;
} findings[FINDINGS] = {
    [FINDING_ENCRYPTED] = {"encrypted_archive", "Encrypted archives are not accepted here"},
    [FINDING_UNREADABLE] = {"unreadable_archive", "Archive cannot be read"},
    [FINDING_TOO_LARGE] = {"too_large", "Archive is too large to be looked into"},
    [FINDING_TOO_DEEP] = {"too_deep", "Archives are nested too deep"},
    [FINDING_TOO_MANY] = {"too_many", "Archive has too many members"},
    [FINDING_BOMB] = {"bomb", "Archive unpacks to too many times its size"},
};

static const struct attachments_config *config_of(const struct attachments_message *message)
{
    return filter_config(message->ctx);
}

/* The last octets of a name are those that matter. */
static struct span shown(struct span name)
{
    return name.len > SHOWN ? span_skip(name, name.len - SHOWN) : name;
}

static void tag(struct attachments_message *message, size_t n)
{
    size_t count = config_of(message)->rules.count + FINDINGS;

    if (message->tagged == NULL) {
        message->tagged = filter_alloc(message->ctx, count * sizeof(*message->tagged));
        if (message->tagged != NULL)
            memset(message->tagged, 0, count * sizeof(*message->tagged));
    }
    if (message->tagged != NULL)
        message->tagged[n] = true;
    else
        message->verdict = VERDICT_FAIL;
}

/* --- rules ---------------------------------------------------------------------------------------------- */

/* What is asked about. */
struct value {
    struct attachments_message *message;
    enum subject subject;
};

static bool fits(const struct option_strings *patterns, struct span value)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (glob_match(span_str(patterns->items[i]), value))
            return true;
    return false;
}

static void act(struct attachments_message *message, size_t n, enum subject subject, struct span value)
{
    const struct rule *rule = rules_at(config_of(message), n);

    value = shown(value);
    if (rule->action == ACTION_TAG)
        tag(message, n);
    if (rule->action == ACTION_TAG || rule->action == ACTION_LOG) {
        filter_log(message->ctx, "%s: %s %.*s", rule->name, subjects[subject], (int)value.len, value.ptr);
        return;
    }
    filter_set_reason(message->ctx, "%s: %s %.*s", rule->name, subjects[subject], (int)value.len, value.ptr);
    message->verdict =
        rule->action == ACTION_QUARANTINE ? VERDICT_QUARANTINE : refusal_give(message->ctx, &rule->refusal);
}

static bool ask(void *arg, struct span value)
{
    const struct value *asked = arg;
    struct attachments_message *message = asked->message;
    const struct attachments_config *config = config_of(message);

    for (size_t i = 0; i < config->rules.count && message->verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        if (!fits(&rule->patterns[asked->subject], value))
            continue;
        if (rule->action == ACTION_ALLOW)
            break;
        act(message, i, asked->subject, value);
    }
    return message->verdict == VERDICT_CONTINUE;
}

bool ask_name(struct attachments_message *message, struct span name)
{
    struct value value = {message, SUBJECT_NAME};

    if (name.len > 0 && filename_read(name, ask, &value) != 0)
        message->verdict = VERDICT_FAIL;
    return message->verdict == VERDICT_CONTINUE;
}

bool ask_type(struct attachments_message *message, const struct filter_part *part)
{
    struct value value = {message, SUBJECT_TYPE};
    char type[256];
    int len = snprintf(type, sizeof(type), "%.*s/%.*s", (int)part->type.len, part->type.ptr,
                       (int)part->subtype.len, part->subtype.ptr);

    return ask(&value, span_first(span_str(type), len > 0 ? (size_t)len : 0));
}

bool ask_octets(struct attachments_message *message, struct span octets)
{
    struct value value = {message, SUBJECT_DETECTED};
    const char *type;

    if (!config_of(message)->detects || octets.len == 0)
        return true;
    type = detect_type(octets);
    if (type == NULL) {
        filter_set_reason(message->ctx, "libmagic failed");
        message->verdict = VERDICT_FAIL;
        return false;
    }
    return ask(&value, span_str(type));
}

/* --- findings ------------------------------------------------------------------------------------------- */

bool ask_finding(struct attachments_message *message, enum lister_finding finding, struct span name)
{
    const struct attachments_config *config = config_of(message);
    int action = config->archives.findings[finding];
    bool reject = action == ACTION_REJECT;

    name = shown(name);
    if (action == ACTION_TAG)
        tag(message, config->rules.count + finding);
    if (action == ACTION_TAG || action == ACTION_LOG) {
        filter_log(message->ctx, "%s: %.*s", findings[finding].word, (int)name.len, name.ptr);
        return message->verdict == VERDICT_CONTINUE;
    }
    filter_set_reason(message->ctx, "%s: %.*s", findings[finding].word, (int)name.len, name.ptr);
    filter_set_reply(message->ctx, reject ? 550 : 451, reject ? "5.7.1" : "4.7.1", "%s",
                     findings[finding].text);
    message->verdict = reject                        ? VERDICT_REJECT
                       : action == ACTION_QUARANTINE ? VERDICT_QUARANTINE
                                                     : VERDICT_TEMPFAIL;
    return false;
}

/* --- tags ----------------------------------------------------------------------------------------------- */

enum verdict ask_add_tags(struct filter_ctx *ctx, const struct attachments_message *message)
{
    const struct attachments_config *config = filter_config(ctx);
    size_t count = config->rules.count;

    for (size_t i = 0; message->tagged != NULL && i < count + FINDINGS; i++) {
        const char *value = i < count ? rules_at(config, i)->name : findings[i - count].word;
        if (message->tagged[i] && filter_add_header(ctx, span_str(config->header), span_str(value)) != 0)
            return VERDICT_FAIL;
    }
    return VERDICT_CONTINUE;
}
