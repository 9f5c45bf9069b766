/* edits.c: keeps what filters change in the header section, in the message's arena and in order. How that is
 * applied is left to mail/, when to session/. */
#include "chain/edits.h"

#include "chain/note.h"
#include "mail/header_print.h"

/* HEADERS may still be added at the end of the header section, MESSAGE until the end of the message. */
static bool stage_allows(enum filter_event event, unsigned edits)
{
    if (event < FILTER_MAIL || event > FILTER_END_OF_MESSAGE)
        return false;
    return (edits & FILTER_EDITS_MESSAGE) != 0 ||
           ((edits & FILTER_EDITS_HEADERS) != 0 && event <= FILTER_END_OF_HEADERS);
}

static void append(struct header_edits *edits, struct header_edit *edit)
{
    *(edits->last != NULL ? &edits->last->next : &edits->first) = edit;
    edits->last = edit;
}

/* True for what is made before its editor's pass over the message, on the envelope. */
static bool of_later_pass(const struct filter_ctx *ctx)
{
    const struct chain_run *run = ctx->state->run;

    return ctx - ctx->state->members >= run->chain->passes[run->pass].end;
}

/* The field, printed as its filter wants it. */
static size_t print(const struct filter_ctx *ctx, struct span name, struct span value, char *bytes,
                    size_t size)
{
    bool exact = (ctx_member(ctx)->as.edits & FILTER_EXACT_HEADERS) != 0;

    return (exact ? header_print_exact : header_print)(name, value, bytes, size);
}

/* Takes note of an edit; `value` is not looked at for a DELETE. */
static int record(struct filter_ctx *ctx, const char *service, struct header_edit edit, struct span value)
{
    bool written = edit.kind != HEADER_DELETE;
    size_t room = written ? header_print_size(edit.name, value) : edit.name.len;
    struct header_edit *kept;
    char *bytes;

    if (!stage_allows(ctx_event(ctx), ctx_member(ctx)->as.edits) || !header_name_valid(edit.name))
        return -1;
    if (note_withheld(ctx, service, edit.name))
        return 0;
    kept = filter_alloc(ctx, sizeof(*kept) + room);
    if (kept == NULL) {
        ctx->lost_edit = true;
        return -1;
    }
    bytes = (char *)(kept + 1);
    if (written)
        room = print(ctx, edit.name, value, bytes, room);
    else
        memcpy(bytes, edit.name.ptr, room);
    if (room == 0)
        return -1;
    *kept = edit;
    kept->editor = ctx;
    kept->name = span_of(bytes, edit.name.len);
    kept->field = span_of(bytes, written ? room : 0);
    append(of_later_pass(ctx) ? &ctx->state->later : &ctx->state->edits, kept);
    return 0;
}

int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    return record(ctx, "add_header", (struct header_edit){.kind = HEADER_INSERT, .name = name}, value);
}

int filter_prepend_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    return record(ctx, "prepend_header", (struct header_edit){.kind = HEADER_PREPEND, .name = name}, value);
}

int filter_insert_header(struct filter_ctx *ctx, unsigned position, struct span name, struct span value)
{
    struct header_edit edit = {.kind = HEADER_INSERT, .n = position, .name = name};

    return record(ctx, "insert_header", edit, value);
}

int filter_append_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    return record(ctx, "append_header", (struct header_edit){.kind = HEADER_APPEND, .name = name}, value);
}

int filter_change_header(struct filter_ctx *ctx, struct span name, unsigned nth, struct span value)
{
    struct header_edit edit = {.kind = HEADER_CHANGE, .n = nth, .name = name};

    return nth != 0 ? record(ctx, "change_header", edit, value) : -1;
}

int filter_delete_header(struct filter_ctx *ctx, struct span name, unsigned nth)
{
    struct header_edit edit = {.kind = HEADER_DELETE, .n = nth, .name = name};

    return nth != 0 ? record(ctx, "delete_header", edit, (struct span){NULL, 0}) : -1;
}

static void drop(struct header_edits *edits, const struct filter_ctx *ctx)
{
    struct header_edit *next = edits->first;

    *edits = (struct header_edits){NULL, NULL};
    for (struct header_edit *edit = next; edit != NULL; edit = next) {
        next = edit->next;
        edit->next = NULL;
        if (edit->editor != ctx)
            append(edits, edit);
    }
}

void edits_drop(struct filter_ctx *ctx)
{
    drop(&ctx->state->edits, ctx);
    drop(&ctx->state->later, ctx);
    ctx->lost_edit = false;
}

void edits_next_pass(struct chain_state *state)
{
    struct header_edit *next = state->later.first;

    state->edits = state->later = (struct header_edits){NULL, NULL};
    for (struct header_edit *edit = next; edit != NULL; edit = next) {
        next = edit->next;
        edit->next = NULL;
        append(of_later_pass(edit->editor) ? &state->later : &state->edits, edit);
    }
}

const struct header_edit *chain_header_edits(const struct chain_run *run, bool *full)
{
    struct chain_state *state = run->state;

    *full = false;
    if (state == NULL || run->arena == NULL)
        return NULL;
    for (unsigned i = 0; i < run->chain->count; i++)
        *full = *full || state->members[i].lost_edit;
    return state->edits.first;
}
