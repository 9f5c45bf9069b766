/* new_body.c: keeps the body that a filter writes, every line of it ended by CRLF, in memory and then in a
 * file. Putting it in the place of the other is left to session/. */
#include "chain/new_body.h"

#include "base/mem.h"
#include "base/text.h"
#include "chain/note.h"

#define WRITE_OCTETS 4096 /* at a time */

struct new_body {
    struct new_body *next;
    const struct filter_ctx *writer;
    struct hold octets;
    bool in_line;  /* something follows the last line end */
    bool after_cr; /* a CR, which is written together with what comes of it */
    bool withheld; /* the filter observes: nothing is kept */
};

static bool allowed(const struct filter_ctx *ctx)
{
    enum filter_event event = ctx_event(ctx);

    return (ctx_member(ctx)->as.edits & FILTER_EDITS_BODY) != 0 && event >= FILTER_END_OF_HEADERS &&
           event <= FILTER_END_OF_MESSAGE;
}

static struct new_body *find(const struct filter_ctx *ctx)
{
    struct new_body *body = ctx->state->bodies;

    while (body != NULL && body->writer != ctx)
        body = body->next;
    return body;
}

/* The later in the chain stands nearer to the front: its body is the one that counts. */
static struct new_body *begin(struct filter_ctx *ctx)
{
    struct chain_run *run = ctx->state->run;
    struct new_body **at = &ctx->state->bodies, *body = mem_alloc(sizeof(*body));

    if (body == NULL)
        return NULL;
    body->writer = ctx;
    body->octets.world = run->world;
    body->octets.memory_limit = run->body_memory;
    body->withheld = note_withheld(ctx, "replace_body", SPAN(""));
    while (*at != NULL && (*at)->writer > body->writer)
        at = &(*at)->next;
    body->next = *at;
    *at = body;
    return body;
}

/* A CR alone and an LF alone become CRLF, NUL vanishes: as content that comes in when it is normalised. */
static void put(struct new_body *body, char c, struct text *out)
{
    bool ends = c == '\n' || body->after_cr;

    if (ends)
        text_add(out, SPAN("\r\n"));
    body->in_line = body->in_line && !ends;
    body->after_cr = c == '\r';
    if (c == '\r' || c == '\n' || c == '\0')
        return;
    text_char(out, c);
    body->in_line = true;
}

static int add(struct new_body *body, struct span octets)
{
    char bytes[WRITE_OCTETS];
    struct text out = TEXT(bytes);
    int error = 0;

    for (size_t i = 0; error == 0 && i < octets.len; i++) {
        put(body, octets.ptr[i], &out);
        if (out.size - out.len < 3 || i + 1 == octets.len) {
            error = hold_add(&body->octets, text_span(&out));
            out.len = 0;
        }
    }
    return error;
}

int filter_replace_body(struct filter_ctx *ctx, struct span octets)
{
    struct new_body *body;

    if (!allowed(ctx) || ctx->lost_edit)
        return -1;
    body = find(ctx);
    if (body == NULL)
        body = begin(ctx);
    if (body != NULL && (body->withheld || add(body, octets) == 0))
        return 0;
    ctx->lost_edit = ctx_member(ctx)->as.mode == CHAIN_ENFORCE;
    return -1;
}

static void forget(struct new_body **at)
{
    struct new_body *body = *at;

    *at = body->next;
    hold_free(&body->octets);
    mem_free(body);
}

void new_body_drop(const struct filter_ctx *ctx)
{
    for (struct new_body **at = &ctx->state->bodies; *at != NULL;)
        if ((*at)->writer == ctx)
            forget(at);
        else
            at = &(*at)->next;
}

void new_bodies_free(struct chain_state *state)
{
    while (state->bodies != NULL)
        forget(&state->bodies);
}

struct hold *chain_new_body(struct chain_run *run, bool *full)
{
    struct new_body *body = run->state != NULL ? run->state->bodies : NULL;

    *full = false;
    while (body != NULL && body->withheld)
        body = body->next;
    if (body == NULL)
        return NULL;
    if (body->in_line || body->after_cr)
        *full = hold_add(&body->octets, SPAN("\r\n")) != 0;
    body->in_line = body->after_cr = false;
    return &body->octets;
}
