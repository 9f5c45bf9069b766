/* parts.c: asks rules about the texts and the names of a message's parts. Other rules are asked by regex.c.
 */
#include "filters/regex/regex.h"

static enum verdict ask_name(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                             struct span name)
{
    return name.ptr != NULL ? regex_ask(ctx, rule, track, name) : VERDICT_CONTINUE;
}

static enum verdict ask_names(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                              const struct filter_part *part)
{
    enum verdict verdict = ask_name(ctx, rule, track, part->filename);

    return verdict == VERDICT_CONTINUE ? ask_name(ctx, rule, track, part->other_name) : verdict;
}

static enum verdict feed(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                         struct scan *scan, struct span text)
{
    if (track->matched || scan->result != SCAN_MORE)
        return VERDICT_CONTINUE;
    scan_feed(scan, text);
    return regex_answer(ctx, rule, track, scan->result, scan->limit);
}

/* One text is over, the next one is another. */
static enum verdict finish(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                           struct scan *scan)
{
    enum verdict verdict = VERDICT_CONTINUE;

    if (!track->matched && scan->result == SCAN_MORE) {
        scan_finish(scan);
        verdict = regex_answer(ctx, rule, track, scan->result, scan->limit);
    }
    scan_free(scan);
    *scan = (struct scan){.pattern = scan->pattern, .window = scan->window};
    return verdict;
}

static bool is_html(const struct filter_part *part)
{
    return part->text && span_eq(part->subtype, SPAN("html"));
}

static enum verdict ask_text(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                             const struct filter_part *part, const struct filter_piece *piece)
{
    enum verdict verdict = VERDICT_CONTINUE;

    if (piece->kind == FILTER_PART_TEXT)
        verdict = feed(ctx, rule, track, &track->scan, piece->value);
    else if (piece->kind == FILTER_PART_RENDERED)
        verdict = feed(ctx, rule, track, &track->rendered, piece->value);
    else if (piece->kind == FILTER_PART_END && part->text)
        verdict = finish(ctx, rule, track, &track->scan);
    if (verdict == VERDICT_CONTINUE && piece->kind == FILTER_PART_END && is_html(part))
        verdict = finish(ctx, rule, track, &track->rendered);
    return verdict;
}

enum verdict regex_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                           const struct filter_piece *piece)
{
    const struct regex_config *config = filter_config(ctx);
    struct track *tracks = regex_tracks(ctx);
    enum verdict verdict = VERDICT_CONTINUE;

    if (tracks == NULL)
        return VERDICT_FAIL;
    for (size_t i = 0; i < config->rules.count && verdict == VERDICT_CONTINUE; i++) {
        const struct rule *rule = rules_at(config, i);
        if (rule->part == PART_FILENAME && piece->kind == FILTER_PART_BEGIN)
            verdict = ask_names(ctx, rule, &tracks[i], part);
        else if (rule->part == PART_TEXT)
            verdict = ask_text(ctx, rule, &tracks[i], part, piece);
    }
    return verdict;
}
