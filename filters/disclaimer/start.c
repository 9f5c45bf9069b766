/* start.c: how a part is written that gets the wording: in its own charset and encoding if that can be. */
#include "filters/disclaimer/disclaimer.h"
#include "filters/disclaimer/wording.h"

enum verdict disclaimer_sealed(struct filter_ctx *ctx)
{
    const struct disclaimer_config *config = filter_config(ctx);

    if (config->sealed == SEALED_SKIP)
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "signed or encrypted");
    return refusal_give(ctx, &config->refusal);
}

/* A line that begins an armor: RFC 4880 6.2, 7. */
static bool is_armored(struct span text)
{
    static const struct span header = {"-----BEGIN PGP ", 15};

    for (;;) {
        const char *end;
        if (span_starts_nocase(text, header))
            return true;
        end = text.len != 0 ? memchr(text.ptr, '\n', text.len) : NULL;
        if (end == NULL)
            return false;
        text = span_skip(text, (size_t)(end - text.ptr) + 1);
    }
}

static enum encoding encoding_of(const struct filter_part *part)
{
    if (span_eq(part->encoding, SPAN("base64")))
        return ENCODING_BASE64;
    return span_eq(part->encoding, SPAN("identity")) ? ENCODING_IDENTITY : ENCODING_QUOTED_PRINTABLE;
}

/* False: the part cannot say the wording, and is left alone. *said: what its header section must say. */
static bool plan(struct filter_ctx *ctx, struct disclaimer_message *message, const struct filter_part *part,
                 struct said *said)
{
    const struct disclaimer_config *config = filter_config(ctx);
    struct part *out = &message->part;
    bool html = span_eq(part->subtype, SPAN("html")), fits = wording_charset_plain(part->charset);

    *out = (struct part){.last = part->index == 0, .writer = {.encoding = encoding_of(part)}};
    out->wording = html ? config->page : wording_in(ctx, config->plain, part->charset);
    fits = fits && out->wording.ptr != NULL;
    if (!fits && config->unfit == UNFIT_SKIP)
        return false;
    if (!fits) {
        out->wording = html ? config->page : config->plain;
        out->source = SOURCE_TEXT;
        section_type(said, part->subtype, message->section.flowed);
    } else if (out->writer.encoding != ENCODING_IDENTITY ||
               (!wording_ascii(out->wording) && !message->section.wide)) {
        out->source = SOURCE_BYTES;
    }
    if (out->source != SOURCE_RAW && out->writer.encoding == ENCODING_IDENTITY)
        out->writer.encoding = ENCODING_QUOTED_PRINTABLE;
    said->encoding = out->writer.encoding;
    out->first = !html && config->position == POSITION_START;
    if (html)
        out->place.kind = config->position == POSITION_START ? PLACE_BEHIND_BODY_TAG : PLACE_BEFORE_BODY_END;
    return true;
}

/* Octets of the message before the part's header section; where it has no fields, before its blank line. */
static uint64_t section_start(const struct disclaimer_message *message, const struct filter_part *part)
{
    struct span before = span_first(pending_span(&message->held), (size_t)(message->body_at - message->base));

    if (message->section.part == part->index + 1)
        return message->section.at;
    if (before.len >= 2 && before.ptr[before.len - 2] == '\r')
        return message->body_at - 2;
    return message->body_at - (before.len != 0);
}

/* The header section of a part of the message, written anew; that of the message itself waits for its end. */
static int write_section(struct filter_ctx *ctx, struct disclaimer_message *message,
                         const struct filter_part *part, const struct said *said)
{
    uint64_t start = section_start(message, part);
    size_t size = (size_t)(message->body_at - start);

    if (part->index == 0) {
        message->said = *said;
        message->resaid = true;
        return 0;
    }
    if (disclaimer_pass(ctx, message, start) != 0 ||
        section_write(ctx, span_first(pending_span(&message->held), size), said) != 0)
        return -1;
    pending_drop(&message->held, size);
    message->base += size;
    return 0;
}

static int write_opening(struct filter_ctx *ctx, struct disclaimer_message *message)
{
    if (part_begin(&message->part, ctx) != 0)
        return -1;
    if (message->part.source == SOURCE_RAW)
        return 0; /* it is still held */
    return part_write(&message->part, ctx,
                      pending_span(message->part.source == SOURCE_TEXT ? &message->text : &message->opening));
}

enum verdict disclaimer_start(struct filter_ctx *ctx, struct disclaimer_message *message)
{
    const struct filter_part *part = &message->is;
    struct said said = {.type = ""};
    bool encoded;

    message->stage = STAGE_SEEK;
    if (is_armored(pending_span(&message->opening)))
        return disclaimer_sealed(ctx);
    if (!plan(ctx, message, part, &said))
        return VERDICT_CONTINUE;
    encoded = said.type[0] != '\0' || said.encoding != encoding_of(part);
    if (encoded && section_start(message, part) < message->base && part->index != 0)
        return VERDICT_CONTINUE; /* a header section too long to have been held */
    message->replaced = true;
    if ((encoded && write_section(ctx, message, part, &said) != 0) ||
        disclaimer_pass(ctx, message, message->body_at) != 0)
        return VERDICT_FAIL;
    message->stage = STAGE_INSIDE;
    return write_opening(ctx, message) == 0 ? VERDICT_CONTINUE : VERDICT_FAIL;
}
