/* regex.c: the filter `regex`: asks its rules about each part of a session and a message and acts on the
 * first that decides. Rules are read in rules.c, pieces put together in scan.c; parts are parts.c's. */
#include "filters/filters.h"
#include "filters/regex/regex.h"

#define EVENT(name) (1u << FILTER_##name)

/* The events at which each part shows. */
static const unsigned part_events[] = {
    [PART_HELO] = EVENT(HELO),
    [PART_FROM] = EVENT(MAIL),
    [PART_TO] = EVENT(RCPT),
    [PART_ENVELOPE] = EVENT(MAIL) | EVENT(RCPT),
    [PART_FIELD] = EVENT(HEADER),
    [PART_HEADERS] = EVENT(HEADER),
    [PART_RAW] = EVENT(CONTENT) | EVENT(END_OF_MESSAGE),
    [PART_BODY] = EVENT(BODY) | EVENT(END_OF_MESSAGE),
    [PART_TEXT] = EVENT(PART) | EVENT(END_OF_MESSAGE),
    [PART_FILENAME] = EVENT(PART) | EVENT(END_OF_MESSAGE),
};

/* The events at which a rule is asked. At HELO there is no message yet to tag or to discard: such rules look
 * at the name when one begins. */
static unsigned rule_events(const struct rule *rule)
{
    bool needs_message = rule->action == ACTION_TAG || rule->action == ACTION_DISCARD;
    return rule->part == PART_HELO && needs_message ? EVENT(MAIL) : part_events[rule->part];
}

static int open_regex(void *arg, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct regex_config *config = arg;
    if (rules_compile(config, setup) != 0) {
        rules_free(config);
        return -1;
    }
    unsigned events = 0;
    bool tags = false, late = false;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        events |= rule_events(rule);
        tags = tags || rule->action == ACTION_TAG;
        late = late || (rule->action == ACTION_TAG && rule_late(rule));
    }
    if (tags) {
        events |= late ? EVENT(END_OF_MESSAGE) : EVENT(END_OF_HEADERS);
        *edits |= late ? FILTER_EDITS_MESSAGE : FILTER_EDITS_HEADERS;
    }
    *interests &= events;
    return 0;
}

static void shut_regex(void *config)
{
    rules_free(config);
}

struct track *regex_tracks(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = filter_message(ctx);
    if (message == NULL || message->tracks != NULL)
        return message != NULL ? message->tracks : NULL;
    struct track *tracks = filter_alloc(ctx, config->rules.count * sizeof *tracks);
    if (tracks == NULL)
        return NULL;
    for (size_t i = 0; i < config->rules.count; i++) {
        struct scan scan = {.pattern = rules_at(config, i)->pattern, .window = config->limits.window};
        tracks[i] = (struct track){.scan = scan, .rendered = scan};
    }
    message->tracks = tracks;
    return tracks;
}

/* A rule could not be decided within the limits. */
static enum verdict fail(struct filter_ctx *ctx, const struct rule *rule, const char *limit)
{
    if (rule->failure == FAILURE_PASS) {
        filter_log(ctx, "rule \"%s\" passed over: %s exceeded", rule->name, limit);
        return VERDICT_CONTINUE;
    }
    filter_set_reason(ctx, "%s: %s exceeded", rule->name, limit);
    return rule->failure == FAILURE_REJECT ? VERDICT_REJECT : VERDICT_TEMPFAIL;
}

/* What a match leads to. A tag is noted by the caller and added when its time comes. */
static enum verdict act(struct filter_ctx *ctx, const struct rule *rule)
{
    static const enum verdict verdicts[] = {
        [ACTION_REJECT] = VERDICT_REJECT,   [ACTION_TEMPFAIL] = VERDICT_TEMPFAIL,
        [ACTION_TAG] = VERDICT_CONTINUE,    [ACTION_LOG] = VERDICT_CONTINUE,
        [ACTION_DISCARD] = VERDICT_DISCARD,
    };
    if (rule->action == ACTION_LOG)
        filter_log(ctx, "rule \"%s\" matched", rule->name);
    if (rule->code != 0)
        filter_set_reply(ctx, rule->code, rule->enhanced[0] != '\0' ? rule->enhanced : NULL, "%s",
                         rule->text);
    if (verdicts[rule->action] != VERDICT_CONTINUE)
        filter_set_reason(ctx, "%s", rule->name);
    return verdicts[rule->action];
}

enum verdict regex_answer(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                          enum scan_result result, const char *limit)
{
    if (result == SCAN_LIMIT)
        return fail(ctx, rule, limit);
    if (result != SCAN_MATCH)
        return VERDICT_CONTINUE;
    if (track != NULL)
        track->matched = true;
    return act(ctx, rule);
}

enum verdict regex_ask(struct filter_ctx *ctx, const struct rule *rule, struct track *track, struct span text)
{
    const char *limit = NULL;
    if (track != NULL && track->matched)
        return VERDICT_CONTINUE;
    enum scan_result result = scan_whole(rule->pattern, text, &limit);
    return regex_answer(ctx, rule, track, result, limit);
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    const struct regex_config *config = filter_config(ctx);
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t i = 0; i < config->rules.count && verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        if ((rule_events(rule) & EVENT(HELO)) != 0)
            verdict = regex_ask(ctx, rule, NULL, name);
    }
    return verdict;
}

static enum verdict on_path(struct filter_ctx *ctx, unsigned event, struct span address)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    if (tracks == NULL)
        return VERDICT_FAIL;
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t i = 0; i < config->rules.count && verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        /* Every path is asked about anew, but for a tag, which is added once. */
        struct track *track = rule->action == ACTION_TAG ? &tracks[i] : NULL;
        if ((rule_events(rule) & event) != 0)
            verdict =
                regex_ask(ctx, rule, track, rule->part == PART_HELO ? filter_facts(ctx)->helo : address);
    }
    return verdict;
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    return on_path(ctx, EVENT(MAIL), reverse_path->address);
}

static enum verdict on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    return on_path(ctx, EVENT(RCPT), forward_path->address);
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    if (tracks == NULL)
        return VERDICT_FAIL;
    struct regex_message *message = filter_message(ctx);
    struct span line, unfolded;
    if (field_compose(&message->field, name, value, &line, &unfolded) != 0)
        return VERDICT_FAIL;
    enum verdict verdict = VERDICT_CONTINUE;
    for (size_t i = 0; i < config->rules.count && verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        if (rule->part == PART_HEADERS)
            verdict = regex_ask(ctx, rule, &tracks[i], line);
        else if (rule->part == PART_FIELD && span_eq_nocase(rule->field, name))
            verdict = regex_ask(ctx, rule, &tracks[i], unfolded);
    }
    return verdict;
}

static enum verdict add_tags(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    if (tracks == NULL)
        return VERDICT_FAIL;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        if (rule->action == ACTION_TAG && tracks[i].matched &&
            filter_add_header(ctx, rule->tag_name, rule->tag_value) != 0)
            return VERDICT_FAIL;
    }
    return VERDICT_CONTINUE;
}

/* SKIP when no rule on this part wants to see more of the message. */
static enum verdict on_piece(struct filter_ctx *ctx, enum rule_part part, struct span bytes)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    if (tracks == NULL)
        return VERDICT_FAIL;
    bool wanted = false;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        struct scan *scan = &tracks[i].scan;
        if (rule->part != part || scan->result != SCAN_MORE)
            continue;
        scan_feed(scan, bytes);
        enum verdict verdict = regex_answer(ctx, rule, &tracks[i], scan->result, scan->limit);
        if (verdict != VERDICT_CONTINUE)
            return verdict;
        wanted = wanted || scan->result == SCAN_MORE;
    }
    return wanted ? VERDICT_CONTINUE : VERDICT_SKIP;
}

static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    return on_piece(ctx, PART_RAW, bytes);
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    return on_piece(ctx, PART_BODY, bytes);
}

static void forget(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = filter_message(ctx);
    if (message == NULL)
        return;
    for (size_t i = 0; message->tracks != NULL && i < config->rules.count; i++) {
        scan_free(&message->tracks[i].scan);
        scan_free(&message->tracks[i].rendered);
    }
    field_free(&message->field);
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    if (tracks == NULL)
        return VERDICT_FAIL;
    enum verdict verdict = VERDICT_CONTINUE;
    bool late = false;
    for (size_t i = 0; i < config->rules.count && verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        struct scan *scan = &tracks[i].scan;
        late = late || (rule_late(rule) && rule->action == ACTION_TAG);
        if (!rule_streams(rule) || rule->part == PART_TEXT || scan->result != SCAN_MORE)
            continue;
        scan_finish(scan);
        verdict = regex_answer(ctx, rule, &tracks[i], scan->result, scan->limit);
    }
    if (verdict == VERDICT_CONTINUE && late)
        verdict = add_tags(ctx);
    forget(ctx);
    return verdict;
}

const struct filter filter_regex = {
    .api = FILTER_API,
    .name = "regex",
    .help = "Looks for regular expressions in the envelope, the header and the text of messages.",
    .options = regex_options,
    .config_size = sizeof(struct regex_config),
    .message_size = sizeof(struct regex_message),
    .open = open_regex,
    .shut = shut_regex,
    .on_helo = on_helo,
    .on_mail = on_mail,
    .on_rcpt = on_rcpt,
    .on_header = on_header,
    .on_end_of_headers = add_tags,
    .on_content = on_content,
    .on_body = on_body,
    .on_part = regex_on_part,
    .on_end_of_message = on_end_of_message,
    .on_abort = forget,
};
