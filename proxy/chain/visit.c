/* visit.c: asks one filter once; what its verdict comes to is left to settle.c. */
#include "chain/visit.h"

#include "chain/capabilities.h"
#include "chain/note.h"

/* Puts the question to one filter that is interested in it. */
static enum verdict put(const struct filter *filter, struct filter_ctx *ctx,
                        const struct chain_question *question)
{
    switch (question->event) {
    case FILTER_CONNECT:
        return filter->on_connect(ctx);
    case FILTER_COMMAND:
        return filter->on_command(ctx, &question->command);
    case FILTER_HELO:
        return filter->on_helo(ctx, question->helo);
    case FILTER_CAPABILITIES:
        capabilities_ask(ctx, question);
        return VERDICT_CONTINUE;
    case FILTER_MAIL:
        return filter->on_mail(ctx, &question->path);
    case FILTER_RCPT:
        return filter->on_rcpt(ctx, &question->path);
    case FILTER_RECIPIENT:
        return filter->on_recipient(ctx, &question->recipient.path, &question->recipient.reply);
    case FILTER_DATA:
        return filter->on_data(ctx);
    case FILTER_HEADER:
        return filter->on_header(ctx, question->header.name, question->header.value);
    case FILTER_END_OF_HEADERS:
        return filter->on_end_of_headers(ctx);
    case FILTER_CONTENT:
        return filter->on_content(ctx, question->bytes);
    case FILTER_BODY:
        return filter->on_body(ctx, question->bytes);
    case FILTER_PART:
        return filter->on_part(ctx, &question->part.is, &question->part.piece);
    case FILTER_END_OF_MESSAGE:
        return filter->on_end_of_message(ctx);
    case FILTER_REPLY:
        return filter->on_reply(ctx, &question->reply);
    case FILTER_EVENTS:
        break;
    }
    return VERDICT_FAIL;
}

bool visit_wanted(const struct filter_ctx *ctx, enum filter_event event)
{
    if ((ctx_member(ctx)->as.interests & event_bit(event)) == 0 || ctx->out)
        return false;
    return !event_rows[event].of_message || (!ctx->past && (ctx->skipped & event_bit(event)) == 0);
}

enum verdict visit_make(struct filter_ctx *ctx, struct chain_question *question)
{
    struct chain_state *state = ctx->state;
    struct visit visit;
    enum verdict verdict;

    visit.event = question->event;
    visit.reply = question->event == FILTER_REPLY ? &question->reply : NULL;
    visit.question = question;
    ctx->asked = true;
    ctx->in_message = ctx->in_message || event_rows[question->event].of_message;
    count_up(&ctx_member(ctx)->counts.asked);
    state->visit = &visit;
    verdict = put(ctx_member(ctx)->as.filter, ctx, question);
    state->visit = NULL;
    if (verdict >= VERDICT_REJECT && verdict <= VERDICT_DISCONNECT)
        note_matched(ctx, question);
    return verdict;
}
