/* path.c: lets filters change the reverse-path or forward-path that the upstream is told. Telling it is left
 * to session/. */
#include "chain/path.h"

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

bool path_print(struct text *text, struct span address, bool reverse, bool utf8)
{
    static const struct address_limits limits = {64, 255, 256}; /* RFC 5321 4.5.3.1 */
    char bytes[512];
    struct text bracketed = TEXT(bytes);
    struct path path;
    int n;

    text_char(&bracketed, '<');
    text_add(&bracketed, address);
    text_char(&bracketed, '>');
    n = reverse ? address_reverse_path(text_span(&bracketed), &limits, utf8, &path)
                : address_forward_path(text_span(&bracketed), &limits, utf8, &path);
    if (bracketed.cut || n < 0 || (size_t)n != bracketed.len)
        return false;
    address_print(text, &path);
    return !text->cut;
}

int filter_rewrite_path(struct filter_ctx *ctx, struct span address)
{
    const struct filter_path *path = asked(ctx);
    char bytes[512];
    struct text text = TEXT(bytes);
    struct span printed;

    if (path == NULL ||
        !path_print(&text, address, ctx_event(ctx) == FILTER_MAIL, international(path->address)))
        return -1;
    printed = arena_copy(ctx->state->run->arena, text_span(&text));
    if (printed.ptr == NULL)
        return -1;
    if (!note_withheld(ctx, "rewrite_path", printed))
        ctx->state->path = printed;
    return 0;
}
