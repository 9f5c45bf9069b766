/* attachments.c: the filter `attachments`: what parts are called, say they are and are, and what is in
 * archives. Rules are asked in ask.c, octets kept in octets.c. */
#include "filters/attachments/attachments.h"

#include "filters/filters.h"

/* Something may lead to it. */
static bool leads_to(const struct attachments_config *config, enum rule_action action)
{
    for (size_t i = 0; i < config->rules.count; i++)
        if (rules_at(config, i)->action == (int)action)
            return true;
    for (size_t i = 0; config->archives.depth > 0 && i < FINDINGS; i++)
        if (config->archives.findings[i] == (int)action)
            return true;
    return false;
}

static int attachments_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct attachments_config *config = opened;

    (void)interests;
    if (leads_to(config, ACTION_TAG))
        *edits |= FILTER_EDITS_MESSAGE;
    if (leads_to(config, ACTION_QUARANTINE))
        *edits |= FILTER_QUARANTINES;
    return rules_open(config, setup);
}

static enum verdict attachments_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                                        const struct filter_piece *piece)
{
    struct attachments_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    message->ctx = ctx;
    message->verdict = VERDICT_CONTINUE;
    if (piece->kind == FILTER_PART_BEGIN)
        (void)(ask_name(message, part->filename) && ask_name(message, part->other_name) &&
               ask_type(message, part));
    else if (piece->kind == FILTER_PART_BYTES)
        (void)octets_take(message, part, READING_DECODED, piece->value);
    else if (piece->kind == FILTER_PART_UNDECODED)
        (void)octets_take(message, part, READING_UNDECODED, piece->value);
    else if (piece->kind == FILTER_PART_END)
        (void)octets_end(message, part);
    return message->verdict;
}

static void forget(struct filter_ctx *ctx)
{
    struct attachments_message *message = filter_message(ctx);

    if (message != NULL)
        octets_free(message);
}

static enum verdict attachments_on_end_of_message(struct filter_ctx *ctx)
{
    const struct attachments_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    forget(ctx);
    return ask_add_tags(ctx, message);
}

const struct filter filter_attachments = {
    .api = FILTER_API,
    .name = "attachments",
    .help = "Decides about attachments by their names and types, also in archives.",
    .options = attachments_options,
    .config_size = sizeof(struct attachments_config),
    .message_size = sizeof(struct attachments_message),
    .open = attachments_open,
    .on_part = attachments_on_part,
    .on_end_of_message = attachments_on_end_of_message,
    .on_abort = forget,
};
