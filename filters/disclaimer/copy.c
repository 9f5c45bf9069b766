/* copy.c: a body goes from the old to the new one; the octets that are not yet understood are held back. */
#include "filters/disclaimer/disclaimer.h"

static int pass(struct filter_ctx *ctx, struct disclaimer_message *message, struct span octets)
{
    if (octets.len == 0)
        return 0;
    if (message->stage == STAGE_INSIDE)
        return message->part.source == SOURCE_RAW ? part_write(&message->part, ctx, octets) : 0;
    message->replaced = true;
    return filter_replace_body(ctx, octets);
}

int disclaimer_pass(struct filter_ctx *ctx, struct disclaimer_message *message, uint64_t upto)
{
    uint64_t n = upto - message->base;

    if (upto < message->base || n > message->held.len)
        return -1;
    if (pass(ctx, message, span_first(pending_span(&message->held), (size_t)n)) != 0)
        return -1;
    pending_drop(&message->held, (size_t)n);
    message->base = upto;
    return 0;
}
