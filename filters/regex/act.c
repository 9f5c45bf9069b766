/* act.c: what the rules that matched lead to: verdicts, tags, scores, log lines. Looking is left to watch.c.
 */
#include <stdio.h>

#include "filters/regex/regex.h"

static const char *const action_names[] = {
    [ACTION_NONE] = "count",
    [ACTION_REJECT] = "reject",
    [ACTION_TEMPFAIL] = "tempfail",
    [ACTION_TAG] = "tag",
    [ACTION_LOG] = "log",
    [ACTION_DISCARD] = "discard",
    [ACTION_QUARANTINE] = "quarantine",
    [ACTION_DISCONNECT] = "disconnect",
    [ACTION_REWRITE] = "rewrite",
};

bool act_log(struct filter_ctx *ctx, const struct rule *rule, const struct found *found)
{
    bool passed = found->limit != NULL && rule->failure == FAILURE_PASS;

    if (passed)
        filter_log(ctx, "rule \"%s\" passed over: %s exceeded", rule->name, found->limit);
    else if (rule->mode == MODE_OBSERVE && found->limit != NULL)
        filter_log(ctx, "rule \"%s\" observed: %s exceeded", rule->name, found->limit);
    else if (rule->mode == MODE_OBSERVE)
        filter_log(ctx, "rule \"%s\" observed: would %s: %.*s", rule->name, action_names[rule->deed.action],
                   (int)found->note.len, found->note.ptr);
    else if (rule->deed.action == ACTION_LOG && found->limit == NULL)
        filter_log(ctx, "rule \"%s\" matched: %.*s", rule->name, (int)found->note.len, found->note.ptr);
    return passed || rule->mode == MODE_OBSERVE;
}

/* What a deed amounts to; of a tag, a line in the log and the like: CONTINUE. */
static enum verdict perform(struct filter_ctx *ctx, const struct deed *deed, struct span text)
{
    static const enum verdict verdicts[] = {
        [ACTION_NONE] = VERDICT_CONTINUE,         [ACTION_REJECT] = VERDICT_REJECT,
        [ACTION_TEMPFAIL] = VERDICT_TEMPFAIL,     [ACTION_TAG] = VERDICT_CONTINUE,
        [ACTION_LOG] = VERDICT_CONTINUE,          [ACTION_DISCARD] = VERDICT_DISCARD,
        [ACTION_QUARANTINE] = VERDICT_QUARANTINE, [ACTION_DISCONNECT] = VERDICT_DISCONNECT,
        [ACTION_REWRITE] = VERDICT_CONTINUE,
    };

    if (deed->code != 0)
        filter_set_reply(ctx, deed->code, deed->enhanced[0] != '\0' ? deed->enhanced : NULL, "%.*s",
                         (int)text.len, text.ptr);
    return verdicts[deed->action];
}

enum verdict act_on(struct filter_ctx *ctx, const struct rule *rule, const struct found *found)
{
    enum verdict verdict;

    if (found->limit != NULL) {
        filter_set_reason(ctx, "%s: %s exceeded", rule->name, found->limit);
        return rule->failure == FAILURE_REJECT ? VERDICT_REJECT : VERDICT_TEMPFAIL;
    }
    verdict = perform(ctx, &rule->deed, found->text);
    if (verdict != VERDICT_CONTINUE)
        filter_set_reason(ctx, "%.*s", (int)found->note.len, found->note.ptr);
    return verdict;
}

/* A rule that could not be decided decides. */
static bool decides(const struct rule *rule, const struct found *found)
{
    return !found->spent && (found->limit != NULL || rule_decides(rule));
}

enum verdict act_decide(struct filter_ctx *ctx, enum stage stage)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = regex_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    if (stage != STAGE_END && !message->news)
        return VERDICT_CONTINUE;
    message->news = false;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        const struct found *found = message->found[i];
        if (stage == STAGE_AT_ONCE && scope_late(&rule->scope))
            continue;
        if (found != NULL && decides(rule, found))
            return act_on(ctx, rule, found);
        if (found == NULL && stage == STAGE_PIECES && rule_decides(rule) && scope_late(&rule->scope))
            return VERDICT_CONTINUE;
    }
    return VERDICT_CONTINUE;
}

enum verdict act_tags(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    const struct regex_message *message = regex_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        const struct found *found = message->found[i];
        if (rule->deed.action == ACTION_TAG && found != NULL && !found->spent &&
            filter_add_header(ctx, rule->deed.tag_name, found->text) != 0)
            return VERDICT_FAIL;
    }
    return VERDICT_CONTINUE;
}

/* --- scores ----------------------------------------------------------------------------------------------
 */

/* What the templates of thresholds are filled in from. */
struct tally {
    int64_t sum;
    char score[24];
    char rules[FOUND_NOTE]; /* names of those that matched, as many as there is room for */
    size_t rules_len;
};

static void count_up(struct tally *tally, const struct rule *rule)
{
    size_t room = sizeof tally->rules - tally->rules_len;
    int len = snprintf(tally->rules + tally->rules_len, room, "%s%s", tally->rules_len != 0 ? ", " : "",
                       rule->name);

    tally->sum += rule->score;
    if (len > 0 && (size_t)len < room)
        tally->rules_len += (size_t)len;
    else
        tally->rules[tally->rules_len] = '\0';
}

static struct span look_up(const void *arg, const char *name)
{
    const struct tally *tally = arg;

    return span_str(strcmp(name, "score") == 0 ? tally->score : tally->rules);
}

/* Does what a threshold that has been reached says; CONTINUE when that decides nothing. */
static enum verdict reach(struct filter_ctx *ctx, const struct threshold *threshold,
                          const struct tally *tally)
{
    char text[FOUND_TEXT];
    size_t len = template_fill(&threshold->deed.text, look_up, tally, text, sizeof text);
    enum verdict verdict;

    if (threshold->deed.action == ACTION_LOG)
        filter_log(ctx, "score %s: %s", tally->score, tally->rules);
    if (threshold->deed.action == ACTION_TAG)
        return filter_add_header(ctx, threshold->deed.tag_name, span_of(text, len)) == 0 ? VERDICT_CONTINUE
                                                                                         : VERDICT_FAIL;
    verdict = perform(ctx, &threshold->deed, span_of(text, len));
    if (verdict != VERDICT_CONTINUE)
        filter_set_reason(ctx, "score %s: %s", tally->score, tally->rules);
    return verdict;
}

/* The highest of the decisive thresholds that have been reached, or NULL. */
static const struct threshold *highest(const struct regex_config *config, int64_t sum)
{
    const struct threshold *best = NULL;

    for (size_t i = 0; i < config->thresholds.count; i++) {
        const struct threshold *threshold = thresholds_at(config, i);
        bool decides = threshold->deed.action != ACTION_TAG && threshold->deed.action != ACTION_LOG;
        if (decides && sum >= threshold->score && (best == NULL || threshold->score > best->score))
            best = threshold;
    }
    return best;
}

enum verdict act_score(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    const struct regex_message *message = regex_message(ctx);
    struct tally tally = {.sum = 0};
    const struct threshold *decisive;

    if (message == NULL)
        return VERDICT_FAIL;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct found *found = message->found[i];
        if (rules_at(config, i)->score != 0 && found != NULL && !found->spent && found->limit == NULL)
            count_up(&tally, rules_at(config, i));
    }
    snprintf(tally.score, sizeof tally.score, "%lld", (long long)tally.sum);
    decisive = highest(config, tally.sum);
    for (size_t i = 0; i < config->thresholds.count; i++) {
        const struct threshold *threshold = thresholds_at(config, i);
        bool adds = threshold->deed.action == ACTION_TAG || threshold->deed.action == ACTION_LOG;
        if (adds && tally.sum >= threshold->score && reach(ctx, threshold, &tally) != VERDICT_CONTINUE)
            return VERDICT_FAIL;
    }
    return decisive != NULL ? reach(ctx, decisive, &tally) : VERDICT_CONTINUE;
}
