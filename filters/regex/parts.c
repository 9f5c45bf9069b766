/* parts.c: shows rules the texts, octets and names of a message's parts. */
#include "filters/regex/regex.h"

/* The texts of one part end where another part's begin: what a multipart has around its parts is as many. */
bool parts_finish(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = regex_message(ctx);
    bool good = message != NULL;

    for (size_t i = 0; good && i < config->lane_count * SHOWINGS; i++) {
        const struct lane *lane = &config->lanes[i / SHOWINGS];
        bool parts = lane->scope.kind == SCOPE_BODY || lane->scope.kind == SCOPE_PART;
        if (parts && message->watches[i].fed)
            good = watch_finish(ctx, lane, (enum showing)(i % SHOWINGS));
    }
    return good;
}

/* How a piece is shown to rules on a part. False: not at all. */
static bool showing_of(const struct filter_part *part, const struct filter_piece *piece,
                       enum showing *showing)
{
    switch (piece->kind) {
    case FILTER_PART_TEXT:
        *showing = SHOWN;
        return true;
    case FILTER_PART_RENDERED:
        *showing = SHOWN_RENDERED;
        return true;
    case FILTER_PART_UNDECODED:
        *showing = SHOWN_UNDECODED;
        return true;
    case FILTER_PART_BYTES:
        *showing = SHOWN;
        return !part->text;
    default:
        return false;
    }
}

static bool show_piece(struct filter_ctx *ctx, const struct filter_part *part, enum showing showing,
                       struct span piece)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = regex_message(ctx);
    bool good = message != NULL;

    if (good && message->part != part->index) {
        good = parts_finish(ctx);
        message->part = part->index;
    }
    for (size_t i = 0; good && i < config->lane_count; i++)
        if (scope_has(&config->lanes[i].scope, part))
            good = watch_feed(ctx, &config->lanes[i], showing, piece);
    return good;
}

static bool show_name(struct filter_ctx *ctx, struct span name)
{
    const struct regex_config *config = filter_config(ctx);
    bool good = true;

    for (size_t i = 0; good && name.ptr != NULL && i < config->lane_count; i++)
        if (config->lanes[i].scope.kind == SCOPE_FILENAME)
            good = watch_whole(ctx, &config->lanes[i], name);
    return good;
}

enum verdict parts_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                           const struct filter_piece *piece)
{
    enum showing showing;
    bool good = true;

    if (piece->kind == FILTER_PART_BEGIN)
        good = show_name(ctx, part->filename) && show_name(ctx, part->other_name);
    else if (piece->kind == FILTER_PART_END)
        good = parts_finish(ctx);
    else if (showing_of(part, piece, &showing))
        good = show_piece(ctx, part, showing, piece->value);
    else
        return VERDICT_CONTINUE;
    return good ? act_decide(ctx, STAGE_PIECES) : VERDICT_FAIL;
}
