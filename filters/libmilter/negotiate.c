/* negotiate.c: the first exchange: what the mail server offers, what the filter wants, what both agree on. */
#include <stdlib.h>

#include "filters/libmilter/ask.h"
#include "filters/libmilter/say.h"

/* Steps without an answer: offered to every filter, as the library answers where the mail server wants it. */
#define UNANSWERED                                                                                           \
    (MILTER_NR_CONNECT | MILTER_NR_HELO | MILTER_NR_MAIL | MILTER_NR_RCPT | MILTER_NR_DATA |                 \
     MILTER_NR_UNKNOWN | MILTER_NR_HEADER | MILTER_NR_EOH | MILTER_NR_BODY)
/* Steps that old mail servers cannot leave out; then they come all the same, and nobody is asked. */
#define OFTEN_MISSING (MILTER_NO_DATA | MILTER_NO_UNKNOWN)

static void read_offer(struct terms *terms, const struct milter_packet *packet)
{
    terms->version =
        packet->numbers[0] < SMFI_PROT_VERSION ? packet->numbers[0] : (uint32_t)SMFI_PROT_VERSION;
    /* None at all: of a mail server older than negotiation. */
    terms->offered_actions = packet->numbers[1] != 0 ? packet->numbers[1] : (uint32_t)SMFI_V1_ACTS;
    terms->offered_steps = packet->numbers[2] != 0 ? packet->numbers[2] : (uint32_t)SMFI_V1_PROT;
    terms->offered_steps &= ~(uint32_t)SMFI_INTERNAL;
}

/* Asks the filter what it wants. False when it wants nothing to do with this session. */
static bool ask_filter(SMFICTX *ctx, struct terms *terms)
{
    uint32_t skip = terms->offered_steps & MILTER_CAN_SKIP;
    unsigned long actions = terms->offered_actions, wanted = terms->steps | skip, none[2] = {0, 0};
    int answer = ctx->filter->xxfi_negotiate(ctx, terms->offered_actions, terms->offered_steps | UNANSWERED,
                                             0, 0, &actions, &wanted, &none[0], &none[1]);

    switch (answer) {
    case SMFIS_ALL_OPTS:
        terms->actions = terms->offered_actions;
        terms->steps |= skip;
        return true;
    case SMFIS_CONTINUE:
        terms->actions = (uint32_t)actions;
        terms->steps = (uint32_t)wanted;
        return true;
    default:
        say(ctx->filter, LOG_ERR, "xxfi_negotiate returned %d to actions 0x%x and steps 0x%x", answer,
            terms->offered_actions, terms->offered_steps);
        return false;
    }
}

static bool agree(SMFICTX *ctx, struct terms *terms)
{
    uint32_t missing;

    if (terms->version < MILTER_VERSION_MIN) {
        say(ctx->filter, LOG_ERR, "version %u of the protocol is too old", terms->version);
        return false;
    }
    terms->actions = (uint32_t)ctx->filter->xxfi_flags;
    terms->steps = filter_unwanted(ctx->filter);
    if (ctx->filter->xxfi_negotiate != NULL && !ask_filter(ctx, terms))
        return false;
    terms->told_steps = terms->steps & ~(~terms->offered_steps & (UNANSWERED | OFTEN_MISSING));
    missing = terms->actions & ~terms->offered_actions;
    if (missing != 0)
        say(ctx->filter, LOG_ERR, "the mail server does not offer actions 0x%x", missing);
    else if ((missing = terms->told_steps & ~terms->offered_steps) != 0)
        say(ctx->filter, LOG_ERR, "the mail server does not offer steps 0x%x", missing);
    return missing == 0;
}

/* What smfi_setsymlist() was told goes behind the terms. */
static int tell(SMFICTX *ctx)
{
    const struct terms *terms = &ctx->terms;
    struct milter_packet packet = {
        .command = MILTER_OPTNEG,
        .numbers = {terms->version, terms->actions, terms->told_steps},
    };
    struct milter_writer lists = {.len = 0};
    int status;

    for (unsigned stage = 0; stage < MILTER_STAGES; stage++)
        if (ctx->symbols[stage] != NULL)
            (void)milter_add_symbols(&lists, stage, span_str(ctx->symbols[stage]));
    packet.rest = milter_written(&lists);
    status = lists.starved ? -1 : ctx->outlet.say(ctx->outlet.arg, &packet, false);
    milter_writer_free(&lists);
    return status;
}

int ask_negotiate(SMFICTX *ctx, const struct milter_packet *packet)
{
    ctx->unanswered = true;
    read_offer(&ctx->terms, packet);
    return agree(ctx, &ctx->terms) && tell(ctx) == 0 ? ASK_ANSWERED : ASK_FAILED;
}
