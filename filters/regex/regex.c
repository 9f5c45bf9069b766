/* regex.c: the filter `regex`: which rules are asked at which event. Rules are read in rules.c; what matches
 * is found in watch.c and acted on in act.c. */
#include "filters/filters.h"
#include "filters/regex/regex.h"

#define EVENT(name) (1u << FILTER_##name)

/* True for a rule whose match must be known before the header section is passed on. */
static bool tags(const struct rule *rule)
{
    return rule->deed.action == ACTION_TAG && rule->mode == MODE_ENFORCE;
}

/* What it takes to tag and to count. */
static void need_tally(struct regex_config *config, unsigned *events, unsigned *edits)
{
    bool edit = false;

    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        edit = edit || tags(rule);
        if ((tags(rule) || rule->score != 0) && scope_late(&rule->scope))
            config->tally_late = true;
    }
    for (size_t i = 0; i < config->thresholds.count; i++)
        edit = edit || thresholds_at(config, i)->deed.action == ACTION_TAG;
    if (edit || config->thresholds.count != 0)
        *events |= config->tally_late ? EVENT(END_OF_MESSAGE) : EVENT(END_OF_HEADERS);
    if (edit)
        *edits |= config->tally_late ? FILTER_EDITS_MESSAGE : FILTER_EDITS_HEADERS;
}

static bool quarantines(const struct regex_config *config)
{
    for (size_t i = 0; i < config->rules.count; i++)
        if (rules_at(config, i)->deed.action == ACTION_QUARANTINE &&
            rules_at(config, i)->mode == MODE_ENFORCE)
            return true;
    for (size_t i = 0; i < config->thresholds.count; i++)
        if (thresholds_at(config, i)->deed.action == ACTION_QUARANTINE)
            return true;
    return false;
}

static int open_regex(void *arg, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct regex_config *config = arg;
    unsigned events = 0;

    if (rules_compile(config, setup) != 0) {
        rules_free(config);
        return -1;
    }
    for (size_t i = 0; i < config->lane_count; i++)
        events |= scope_events(&config->lanes[i].scope);
    need_tally(config, &events, edits);
    if (quarantines(config))
        *edits |= FILTER_QUARANTINES;
    *interests &= events;
    return 0;
}

static void shut_regex(void *config)
{
    rules_free(config);
}

/* --- before the message ----------------------------------------------------------------------------------
 */

static enum verdict ask_kinds(struct filter_ctx *ctx, unsigned event, struct span text)
{
    const struct regex_config *config = filter_config(ctx);
    enum verdict verdict = VERDICT_CONTINUE;

    for (size_t i = 0; i < config->lane_count && verdict == VERDICT_CONTINUE; i++) {
        const struct lane *lane = &config->lanes[i];
        if (scope_apart(&lane->scope) && (scope_events(&lane->scope) & event) != 0)
            verdict = apart_ask(ctx, lane, text);
    }
    return verdict;
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    return ask_kinds(ctx, EVENT(HELO), name);
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    const struct regex_config *config = filter_config(ctx);

    for (size_t i = 0; i < config->lane_count; i++)
        if (config->lanes[i].scope.kind == SCOPE_HELO_LATE &&
            !watch_whole(ctx, &config->lanes[i], filter_facts(ctx)->helo))
            return VERDICT_FAIL;
    enum verdict verdict = act_decide(ctx, STAGE_AT_ONCE);
    return verdict == VERDICT_CONTINUE ? ask_kinds(ctx, EVENT(MAIL), reverse_path->address) : verdict;
}

static enum verdict on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    return ask_kinds(ctx, EVENT(RCPT), forward_path->address);
}

/* --- the message -----------------------------------------------------------------------------------------
 */

/* A field as rules on one name and rules on all of them see it. */
static bool ask_field(struct filter_ctx *ctx, struct span name, struct span line, struct span value)
{
    const struct regex_config *config = filter_config(ctx);
    bool good = true;

    for (size_t i = 0; i < config->lane_count && good; i++) {
        const struct lane *lane = &config->lanes[i];
        if (lane->scope.kind == SCOPE_HEADERS)
            good = watch_whole(ctx, lane, line);
        else if (lane->scope.kind == SCOPE_FIELD && span_eq_nocase(lane->scope.field, name))
            good = watch_whole(ctx, lane, value);
    }
    return good;
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    struct regex_message *message = regex_message(ctx);
    struct span line, text;
    bool same;

    if (message == NULL || field_compose(&message->field, name, value, &line, &text) != 0 ||
        !ask_field(ctx, name, line, text))
        return VERDICT_FAIL;
    if (field_decode(&message->field, name, value, &line, &text, &same) != 0 ||
        (!same && !ask_field(ctx, name, line, text)))
        return VERDICT_FAIL;
    return act_decide(ctx, STAGE_AT_ONCE);
}

static enum verdict tally(struct filter_ctx *ctx)
{
    enum verdict verdict = act_score(ctx);

    return verdict == VERDICT_CONTINUE ? act_tags(ctx) : verdict;
}

/* SKIP when no rule of this kind wants to see more of the message. */
static enum verdict on_piece(struct filter_ctx *ctx, enum scope_kind kind, struct span bytes)
{
    const struct regex_config *config = filter_config(ctx);
    bool wanted = false;

    for (size_t i = 0; i < config->lane_count; i++) {
        const struct lane *lane = &config->lanes[i];
        if (lane->scope.kind != kind)
            continue;
        if (!watch_feed(ctx, lane, SHOWN, bytes))
            return VERDICT_FAIL;
        wanted = wanted || watch_wanted(ctx, lane);
    }
    enum verdict verdict = act_decide(ctx, STAGE_PIECES);
    return verdict == VERDICT_CONTINUE && !wanted ? VERDICT_SKIP : verdict;
}

static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    return on_piece(ctx, SCOPE_RAW, bytes);
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    return on_piece(ctx, SCOPE_RAW_BODY, bytes);
}

static bool finish(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    bool good = parts_finish(ctx);

    for (size_t i = 0; good && i < config->lane_count; i++) {
        enum scope_kind kind = config->lanes[i].scope.kind;
        if (kind == SCOPE_RAW || kind == SCOPE_RAW_BODY)
            good = watch_finish(ctx, &config->lanes[i], SHOWN);
    }
    return good;
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    enum verdict verdict = finish(ctx) ? act_decide(ctx, STAGE_END) : VERDICT_FAIL;

    if (verdict == VERDICT_CONTINUE && config->tally_late)
        verdict = tally(ctx);
    regex_forget(ctx);
    return verdict;
}

static enum verdict on_end_of_headers(struct filter_ctx *ctx)
{
    return tally(ctx);
}

const struct filter filter_regex = {
    .api = FILTER_API,
    .name = "regex",
    .help = "Looks for regular expressions in the envelope, the header, the text and the parts of messages, "
            "and in "
            "replies.",
    .options = regex_options,
    .config_size = sizeof(struct regex_config),
    .message_size = sizeof(struct regex_message),
    .open = open_regex,
    .shut = shut_regex,
    .on_helo = on_helo,
    .on_mail = on_mail,
    .on_rcpt = on_rcpt,
    .on_header = on_header,
    .on_end_of_headers = on_end_of_headers,
    .on_content = on_content,
    .on_body = on_body,
    .on_part = parts_on_part,
    .on_end_of_message = on_end_of_message,
    .on_reply = apart_reply,
    .on_abort = regex_forget,
};
