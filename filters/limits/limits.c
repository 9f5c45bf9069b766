/* limits.c: measures messages, their header fields and their parts while they arrive. How large a message may
 * be as a whole, and for whom, is left to size.c. */
#include <inttypes.h>

#include "filters/filters.h"
#include "filters/limits/addresses.h"
#include "filters/limits/rules.h"

struct limits_message {
    uint64_t measured[LIMITS]; /* what has been summed up so far; of PART and LINE: in the part under way */
    uint64_t over;             /* bits of the rules that have been applied */
};

static enum verdict refuse(struct filter_ctx *ctx, const struct limits_rule *rule)
{
    bool permanent = rule->action == LIMITS_REJECT;

    if (rule->reply != NULL)
        return refusal_give(ctx, &rule->refusal);
    limits_refuse(ctx, (enum limit)rule->of, rule->most, permanent);
    return permanent ? VERDICT_REJECT : VERDICT_TEMPFAIL;
}

static enum verdict apply(struct filter_ctx *ctx, const struct limits_rule *rule)
{
    const char *what = limits_what((enum limit)rule->of);

    switch ((enum limits_action)rule->action) {
    case LIMITS_REJECT:
    case LIMITS_TEMPFAIL:
        filter_set_reason(ctx, "more than %" PRIu64 " %s", rule->most, what);
        return refuse(ctx, rule);
    case LIMITS_QUARANTINE:
    case LIMITS_DISCARD:
        filter_set_reason(ctx, "more than %" PRIu64 " %s", rule->most, what);
        return rule->action == LIMITS_DISCARD ? VERDICT_DISCARD : VERDICT_QUARANTINE;
    case LIMITS_TAG:
        return filter_add_header(ctx, rule->tag_name, rule->tag_value) == 0 ? VERDICT_CONTINUE : VERDICT_FAIL;
    case LIMITS_LOG:
        filter_log(ctx, "more than %" PRIu64 " %s", rule->most, what);
        break;
    }
    return VERDICT_CONTINUE;
}

/* There is so much of it. */
static enum verdict judge(struct filter_ctx *ctx, struct limits_message *message, enum limit limit,
                          uint64_t value)
{
    const struct limits_config *config = filter_config(ctx);
    const struct limits_rule *rules = config->rules.items;
    enum verdict verdict = VERDICT_CONTINUE;

    for (uint64_t left = config->of[limit] & ~message->over; left != 0 && verdict == VERDICT_CONTINUE;
         left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctzll(left);
        if (value <= rules[n].most)
            continue;
        message->over |= UINT64_C(1) << n;
        verdict = apply(ctx, &rules[n]);
    }
    return verdict;
}

/* There is more of it. */
static enum verdict add(struct filter_ctx *ctx, struct limits_message *message, enum limit limit,
                        uint64_t more)
{
    message->measured[limit] += more;
    return judge(ctx, message, limit, message->measured[limit]);
}

static enum verdict limits_on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    struct limits_message *message = filter_message(ctx);
    bool to = span_eq_nocase(name, SPAN("To")) || span_eq_nocase(name, SPAN("Cc"));
    size_t octets = name.len + 1 + value.len + 2;
    enum verdict verdict;

    if (message == NULL)
        return VERDICT_FAIL;
    verdict = add(ctx, message, LIMIT_FIELDS, 1);
    if (verdict == VERDICT_CONTINUE)
        verdict = judge(ctx, message, LIMIT_FIELD, octets);
    if (verdict == VERDICT_CONTINUE)
        verdict = add(ctx, message, LIMIT_HEADER, octets);
    if (verdict == VERDICT_CONTINUE && to)
        verdict = add(ctx, message, LIMIT_ADDRESSES, addresses_count(value));
    return verdict;
}

static enum verdict limits_on_body(struct filter_ctx *ctx, struct span bytes)
{
    struct limits_message *message = filter_message(ctx);

    return message != NULL ? add(ctx, message, LIMIT_BODY, bytes.len) : VERDICT_FAIL;
}

static enum verdict begin(struct filter_ctx *ctx, struct limits_message *message,
                          const struct filter_part *part)
{
    bool attached = part->filename.ptr != NULL || span_eq(part->disposition, SPAN("attachment"));
    size_t name = part->filename.len > part->other_name.len ? part->filename.len : part->other_name.len;
    enum verdict verdict = judge(ctx, message, LIMIT_PARTS, (uint64_t)part->index + 1);

    message->measured[LIMIT_PART] = message->measured[LIMIT_LINE] = 0;
    if (verdict == VERDICT_CONTINUE)
        verdict = judge(ctx, message, LIMIT_DEPTH, part->depth);
    if (verdict == VERDICT_CONTINUE)
        verdict = judge(ctx, message, LIMIT_FILENAME, name);
    if (verdict == VERDICT_CONTINUE && attached)
        verdict = add(ctx, message, LIMIT_ATTACHMENTS, 1);
    return verdict;
}

/* Octets of a line's piece; a CR, which is half of its end, counts for nothing. */
static uint64_t octets_of(struct span piece)
{
    uint64_t octets = piece.len;
    const char *cr;

    while (piece.len != 0 && (cr = memchr(piece.ptr, '\r', piece.len)) != NULL) {
        octets--;
        piece = span_skip(piece, (size_t)(cr - piece.ptr) + 1);
    }
    return octets;
}

static enum verdict measure_lines(struct filter_ctx *ctx, struct limits_message *message, struct span text)
{
    enum verdict verdict = VERDICT_CONTINUE;

    while (text.len != 0 && verdict == VERDICT_CONTINUE) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct span line = span_first(text, end != NULL ? (size_t)(end - text.ptr) : text.len);
        verdict = add(ctx, message, LIMIT_LINE, octets_of(line));
        if (end != NULL)
            message->measured[LIMIT_LINE] = 0;
        text = span_skip(text, line.len + (end != NULL));
    }
    return verdict;
}

static enum verdict limits_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                                   const struct filter_piece *piece)
{
    const struct limits_config *config = filter_config(ctx);
    struct limits_message *message = filter_message(ctx);
    enum verdict verdict;

    if (message == NULL)
        return VERDICT_FAIL;
    if (piece->kind == FILTER_PART_BEGIN)
        return begin(ctx, message, part);
    if (piece->kind != FILTER_PART_BYTES)
        return VERDICT_CONTINUE;
    verdict = add(ctx, message, LIMIT_DECODED, piece->value.len);
    if (verdict == VERDICT_CONTINUE && !part->multipart)
        verdict = add(ctx, message, LIMIT_PART, piece->value.len);
    if (verdict == VERDICT_CONTINUE && part->text && config->of[LIMIT_LINE] != 0)
        verdict = measure_lines(ctx, message, piece->value);
    return verdict;
}

static int limits_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct limits_config *config = opened;
    const struct limits_rule *rules = config->rules.items;
    unsigned wanted = 0;

    for (size_t i = 0; i < config->rules.count; i++) {
        enum filter_event event = limits_event((enum limit)rules[i].of);
        wanted |= 1u << event;
        if (rules[i].action == LIMITS_QUARANTINE)
            *edits |= FILTER_QUARANTINES;
        if (rules[i].action == LIMITS_TAG)
            *edits |= event == FILTER_HEADER ? FILTER_EDITS_HEADERS : FILTER_EDITS_MESSAGE;
    }
    *interests &= wanted;
    return limits_rules_check(config, setup);
}

const struct filter filter_limits = {
    .api = FILTER_API,
    .name = "limits",
    .help = "Limits what is in a message: its header fields, its parts, their octets.",
    .options = limits_options,
    .config_size = sizeof(struct limits_config),
    .message_size = sizeof(struct limits_message),
    .open = limits_open,
    .on_header = limits_on_header,
    .on_body = limits_on_body,
    .on_part = limits_on_part,
};
