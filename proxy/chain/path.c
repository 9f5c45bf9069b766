/* path.c: lets filters change the reverse-path or forward-path that the upstream is told. Telling it is left
 * to session/. */
#include "chain/note.h"
#include "chain/park.h"
#include "smtp/address.h"

/* The path that ctx is being asked about, or NULL. */
static const struct filter_path *asked(const struct filter_ctx *ctx)
{
    const struct visit *visit = ctx->state->visit;
    const struct chain_question *question = visit != NULL ? visit->question : NULL;

    if (question == NULL && parked_event(ctx) != FILTER_EVENTS)
        question = &ctx->state->parked->question;
    if (question == NULL || (question->event != FILTER_MAIL && question->event != FILTER_RCPT))
        return NULL;
    return &question->path;
}

static bool international(struct span address)
{
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.ptr[i] >= 0x80)
            return true;
    return false;
}

/* The address as it is printed, in the message's arena; absent when it is none. */
static struct span parse(struct filter_ctx *ctx, struct span address, bool utf8)
{
    static const struct address_limits limits = {64, 255, 256}; /* RFC 5321 4.5.3.1 */
    char bytes[512];
    struct text text = TEXT(bytes);
    struct path path;
    int n;

    text_char(&text, '<');
    text_add(&text, address);
    text_char(&text, '>');
    n = ctx_event(ctx) == FILTER_MAIL ? address_reverse_path(text_span(&text), &limits, utf8, &path)
                                      : address_forward_path(text_span(&text), &limits, utf8, &path);
    if (text.cut || n < 0 || (size_t)n != text.len)
        return span_of(NULL, 0);
    text = (struct text){filter_alloc(ctx, address.len + 1), 0, address.len + 1, false};
    if (text.ptr != NULL)
        address_print(&text, &path);
    return text.cut ? span_of(NULL, 0) : text_span(&text);
}

int filter_rewrite_path(struct filter_ctx *ctx, struct span address)
{
    const struct filter_path *path = asked(ctx);
    struct span printed;

    if (path == NULL)
        return -1;
    printed = parse(ctx, address, international(path->address));
    if (printed.ptr == NULL)
        return -1;
    if (!note_withheld(ctx, "rewrite_path", printed))
        ctx->state->path = printed;
    return 0;
}
