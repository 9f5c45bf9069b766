/* edits.c: keeps added header fields in the message's arena, newest first, as each goes to the very top. When
 * they are put into the message is left to session/. */
#include "chain/edits.h"

#include "chain/note.h"

#define LINE_WANTED 78  /* octets without CRLF, RFC 5322 2.1.1 */
#define LINE_MAX    998 /* likewise */

struct edit {
    struct edit *next;
    struct filter_ctx *ctx; /* who added it */
    size_t len;
    char line[]; /* "Name: value" CRLF, folded */
};

/* ftext = %d33-57 / %d59-126 ; RFC 5322 3.6.8 */
static bool name_valid(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len != 0 && name.len < LINE_WANTED;
}

/* An octet of a value as it may stand in the message: control characters would end or hide the field. */
static char harmless(char c)
{
    if ((unsigned char)c < 0x20 || c == 0x7f)
        return ' ';
    return c;
}

/* The length of the spaces, or of the word, that s begins with. */
static size_t run_len(struct span s, bool spaces)
{
    size_t len = 0;

    while (len < s.len && (harmless(s.ptr[len]) == ' ') == spaces)
        len++;
    return len;
}

/* Prints the field with CRLF, folded in front of words where a line grows long (FWS, RFC 5322 3.2.2). The
 * length, or 0 when a word is too long for any line. */
static size_t print_field(struct span name, struct span value, char *out, size_t size)
{
    struct text text = {out, 0, size, false};
    size_t line = 0; /* where the line under way begins */

    text_add(&text, name);
    text_add(&text, SPAN(":"));
    for (bool first = true;; first = false) {
        size_t spaces = run_len(value, true);
        size_t len = run_len(span_skip(value, spaces), false);
        if (len == 0)
            break;
        if (first)
            value = span_skip(value, spaces), spaces = 0;
        if (spaces + len > LINE_MAX - LINE_WANTED - 2)
            return 0;
        if (!first && text.len - line + spaces + len > LINE_WANTED) {
            text_add(&text, SPAN("\r\n"));
            line = text.len;
        }
        if (first)
            text_char(&text, ' ');
        for (size_t i = 0; i < spaces + len; i++)
            text_char(&text, harmless(value.ptr[i]));
        value = span_skip(value, spaces + len);
    }
    text_add(&text, SPAN("\r\n"));
    return text.cut ? 0 : text.len;
}

/* HEADERS may still be added at the end of the header section, MESSAGE until the end of the message. */
static bool stage_allows(enum filter_event event, unsigned edits)
{
    if (event < FILTER_MAIL || event > FILTER_END_OF_MESSAGE)
        return false;
    return (edits & FILTER_EDITS_MESSAGE) != 0 ||
           ((edits & FILTER_EDITS_HEADERS) != 0 && event <= FILTER_END_OF_HEADERS);
}

int filter_add_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    struct chain_state *state = ctx->state;
    /* Two lines in a row hold more than LINE_WANTED octets: what folding adds stays below a sixteenth. */
    size_t size = name.len + value.len + value.len / 16 + 16;
    struct edit *edit;

    if (!stage_allows(ctx_event(ctx), ctx_member(ctx)->as.edits) || !name_valid(name))
        return -1;
    if (note_withheld(ctx, "add_header", name))
        return 0;
    edit = filter_alloc(ctx, sizeof(*edit) + size);
    if (edit == NULL) {
        ctx->lost_edit = true;
        return -1;
    }
    edit->len = print_field(name, value, edit->line, size);
    if (edit->len == 0)
        return -1;
    edit->ctx = ctx;
    edit->next = state->edits;
    state->edits = edit;
    state->composed = (struct span){NULL, 0};
    return 0;
}

void edits_drop(struct filter_ctx *ctx)
{
    struct edit **at = &ctx->state->edits;

    while (*at != NULL) {
        if ((*at)->ctx == ctx)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
    ctx->state->composed = (struct span){NULL, 0};
    ctx->lost_edit = false;
}

static struct span compose(struct chain_state *state)
{
    struct text text = {NULL, 0, 0, false};

    for (const struct edit *edit = state->edits; edit != NULL; edit = edit->next)
        text.size += edit->len;
    text.ptr = arena_alloc(state->run->arena, text.size);
    if (text.ptr == NULL)
        return (struct span){NULL, 0};
    for (const struct edit *edit = state->edits; edit != NULL; edit = edit->next)
        text_add(&text, span_of(edit->line, edit->len));
    return text_span(&text);
}

struct span chain_added_headers(const struct chain_run *run, bool *full)
{
    struct chain_state *state = run->state;

    *full = false;
    if (state == NULL || run->arena == NULL)
        return (struct span){NULL, 0};
    for (unsigned i = 0; i < run->chain->count; i++)
        *full = *full || state->members[i].lost_edit;
    if (state->edits != NULL && state->composed.ptr == NULL) {
        state->composed = compose(state);
        *full = *full || state->composed.ptr == NULL;
    }
    return state->composed;
}
