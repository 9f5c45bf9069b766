/* envelope.c: keeps what filters change in the envelope at the end of the message, in the message's arena and
 * in order. What comes of it, and telling the upstream, is left to session/. */
#include "chain/envelope.h"

#include "chain/note.h"
#include "chain/path.h"
#include "smtp/params.h"

#define ADDRESS_ROOM    512
#define PARAMETERS_ROOM 1024

static bool allowed(const struct filter_ctx *ctx)
{
    return ctx_event(ctx) == FILTER_END_OF_MESSAGE &&
           (ctx_member(ctx)->as.edits & FILTER_EDITS_ENVELOPE) != 0;
}

static void append(struct chain_state *state, struct envelope_edit *edit)
{
    *(state->last_envelope != NULL ? &state->last_envelope->next : &state->envelope) = edit;
    state->last_envelope = edit;
}

static int keep(struct filter_ctx *ctx, enum envelope_edit_kind kind, struct span address,
                struct span parameters)
{
    struct envelope_edit *kept = filter_alloc(ctx, sizeof(*kept) + address.len + parameters.len + 1);
    char *bytes;

    if (kept == NULL) {
        ctx->lost_edit = true;
        return -1;
    }
    bytes = (char *)(kept + 1);
    if (address.len != 0)
        memcpy(bytes, address.ptr, address.len);
    if (parameters.len != 0)
        memcpy(bytes + address.len, parameters.ptr, parameters.len);
    *kept = (struct envelope_edit){.kind = kind, .editor = ctx, .filter = ctx_member(ctx)->as.name};
    kept->address = span_of(bytes, address.len);
    kept->parameters = span_of(bytes + address.len, parameters.len);
    append(ctx->state, kept);
    return 0;
}

/* The content is framed as the client's BODY allows: BINARYMIME cannot be had behind it. */
static bool parse(const struct filter_ctx *ctx, enum param_verb verb, struct span parameters,
                  struct params *out)
{
    return params_parse(parameters, verb, ctx->state->run->offers, out) == 0 && !out->binary;
}

static int record(struct filter_ctx *ctx, const char *service, enum envelope_edit_kind kind,
                  struct span address, struct span parameters)
{
    char address_bytes[ADDRESS_ROOM], parameter_bytes[PARAMETERS_ROOM];
    struct text printed = TEXT(address_bytes), with = TEXT(parameter_bytes);
    bool sender = kind == ENVELOPE_SENDER;
    struct params params;
    bool utf8;

    if (!allowed(ctx) || !parse(ctx, sender ? PARAM_OF_MAIL : PARAM_OF_RCPT, parameters, &params))
        return -1;
    utf8 = ctx->state->run->utf8 || params.smtputf8 || kind == ENVELOPE_DELETE;
    if (!path_print(&printed, address, sender, utf8) || params_print(&with, &params, UINT64_MAX) != 0 ||
        with.cut)
        return -1;
    if (note_withheld(ctx, service, text_span(&printed)))
        return 0;
    return keep(ctx, kind, text_span(&printed), text_span(&with));
}

int filter_change_sender(struct filter_ctx *ctx, struct span address, struct span parameters)
{
    return record(ctx, "change_sender", ENVELOPE_SENDER, address, parameters);
}

int filter_add_recipient(struct filter_ctx *ctx, struct span address, struct span parameters)
{
    return record(ctx, "add_recipient", ENVELOPE_ADD, address, parameters);
}

int filter_delete_recipient(struct filter_ctx *ctx, struct span address)
{
    return record(ctx, "delete_recipient", ENVELOPE_DELETE, address, SPAN(""));
}

void envelope_drop(struct filter_ctx *ctx)
{
    struct chain_state *state = ctx->state;
    struct envelope_edit *next = state->envelope;

    state->envelope = state->last_envelope = NULL;
    for (struct envelope_edit *edit = next; edit != NULL; edit = next) {
        next = edit->next;
        edit->next = NULL;
        if (edit->editor != ctx)
            append(state, edit);
    }
}

void chain_envelope_terms(struct chain_run *run, uint64_t offers, bool utf8)
{
    run->offers = offers;
    run->utf8 = utf8;
}

const struct envelope_edit *chain_envelope_edits(const struct chain_run *run, bool *full)
{
    struct chain_state *state = run->state;

    *full = false;
    if (state == NULL || run->arena == NULL)
        return NULL;
    for (unsigned i = 0; i < run->chain->count; i++)
        *full = *full || state->members[i].lost_edit;
    return state->envelope;
}
