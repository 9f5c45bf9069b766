/* disclaimer.c: puts a wording into the text of messages, and leaves every other octet as it came. Which part
 * is text is left to choose.c, how it is written to start.c and part.c. */
#include "filters/disclaimer/disclaimer.h"

#include "filters/filters.h"
#include "filters/names.h"
#include "filters/networks.h"

#define OPENING_OCTETS 1024        /* of a text, decoded, that are looked at before it is written */
#define CANDIDATE_HELD (256 << 10) /* octets that may amount to less text than that */
#define MARGIN         1024        /* octets that may belong to a delimiter: see struct filter_piece */
#define SEEK_MARGIN    (320 << 10) /* the same with a field that has begun behind it */

/* --- whose messages ------------------------------------------------------------------------------------- */

static bool is_for(const struct disclaimer_config *config, const struct filter_facts *facts,
                   struct span reverse_path)
{
    bool anybody = config->clients.count == 0 && !config->authenticated;
    bool client = networks_match(&config->clients, facts->client_family, facts->client_address);

    if (config->senders.count != 0 && !names_match_address(&config->senders, reverse_path))
        return false;
    return anybody || client || (config->authenticated && facts->authenticated);
}

static enum verdict disclaimer_on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    struct span address = reverse_path->address.len != 0 ? reverse_path->address : SPAN("");

    return is_for(filter_config(ctx), filter_facts(ctx), address) ? VERDICT_CONTINUE : VERDICT_ACCEPT;
}

static enum verdict disclaimer_on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    const struct disclaimer_config *config = filter_config(ctx);
    struct disclaimer_message *message = filter_message(ctx);

    (void)value;
    if (message == NULL)
        return VERDICT_FAIL;
    if (span_eq_nocase(name, SPAN("MIME-Version")))
        message->versioned = true;
    return config->marker[0] != '\0' && span_eq_nocase(name, span_str(config->marker)) ? VERDICT_ACCEPT
                                                                                       : VERDICT_CONTINUE;
}

/* --- the octets of the body ----------------------------------------------------------------------------- */

static void forget(struct filter_ctx *ctx)
{
    struct disclaimer_message *message = filter_message(ctx);

    if (message == NULL)
        return;
    pending_free(&message->held);
    pending_free(&message->opening);
    pending_free(&message->text);
}

static enum verdict fail(struct filter_ctx *ctx)
{
    forget(ctx);
    return VERDICT_FAIL;
}

/* The message stays as it is. */
static enum verdict leave(struct filter_ctx *ctx)
{
    forget(ctx);
    return VERDICT_ACCEPT;
}

static enum verdict disclaimer_on_content(struct filter_ctx *ctx, struct span bytes)
{
    struct disclaimer_message *message = filter_message(ctx);

    if (message == NULL)
        return VERDICT_FAIL;
    message->content += bytes.len;
    return VERDICT_CONTINUE;
}

/* The end of what is understood, as octets of the message: all that was shown before this piece, but for the
 * margin and for a header section that may have to be written anew. */
static uint64_t understood(const struct disclaimer_message *message)
{
    size_t margin = message->stage == STAGE_SEEK ? SEEK_MARGIN : MARGIN;
    uint64_t end = message->base + message->held.len;

    end = message->held.len > margin ? end - margin : message->base;
    return message->section.open && end > message->section.at ? message->section.at : end;
}

static enum verdict let_go(struct filter_ctx *ctx, struct disclaimer_message *message)
{
    enum verdict verdict = VERDICT_CONTINUE;
    uint64_t end;

    if (message->stage == STAGE_CANDIDATE && message->held.len <= CANDIDATE_HELD)
        return VERDICT_CONTINUE;
    if (message->stage == STAGE_CANDIDATE)
        verdict = disclaimer_start(ctx, message);
    end = understood(message);
    if (verdict == VERDICT_CONTINUE && end > message->base && disclaimer_pass(ctx, message, end) != 0)
        return VERDICT_FAIL;
    return verdict;
}

static enum verdict disclaimer_on_body(struct filter_ctx *ctx, struct span bytes)
{
    struct disclaimer_message *message = filter_message(ctx);
    enum verdict verdict;

    if (message == NULL)
        return VERDICT_FAIL;
    if (message->stage == STAGE_OVER)
        return bytes.len == 0 || filter_replace_body(ctx, bytes) == 0 ? VERDICT_CONTINUE : fail(ctx);
    if (message->based && !message->replaced && message->held.len == 0 &&
        message->base != message->content - bytes.len)
        return leave(ctx); /* two readers disagree where the body begins */
    if (!message->based)
        message->base = message->content - bytes.len;
    message->based = true;
    verdict = let_go(ctx, message);
    if (verdict == VERDICT_CONTINUE && !pending_add(&message->held, bytes))
        verdict = VERDICT_FAIL;
    return verdict == VERDICT_FAIL ? fail(ctx) : verdict;
}

/* --- the parts ------------------------------------------------------------------------------------------ */

/* Nothing that follows will be written anew. */
static enum verdict go_on(struct filter_ctx *ctx, struct disclaimer_message *message)
{
    if (message->stage != STAGE_SEEK || !choose_over(&message->choice))
        return VERDICT_CONTINUE;
    if (!message->replaced)
        return leave(ctx);
    message->stage = STAGE_OVER;
    if (disclaimer_pass(ctx, message, message->base + message->held.len) != 0)
        return fail(ctx);
    return VERDICT_SKIP;
}

static bool mentions(struct span value, struct span word)
{
    for (size_t i = 0; i + word.len <= value.len; i++)
        if (span_starts_nocase(span_skip(value, i), word))
            return true;
    return false;
}

static void take_field(struct disclaimer_message *message, const struct filter_part *part,
                       const struct filter_piece *piece)
{
    struct disclaimer_section *section = &message->section;

    if (!choose_may(&message->choice, part))
        return;
    if (section->part != part->index + 1)
        *section = (struct disclaimer_section){.part = part->index + 1, .at = piece->at, .open = true};
    if (span_eq_nocase(piece->name, SPAN("Content-Transfer-Encoding")))
        section->wide = span_eq_nocase(span_trim(piece->value), SPAN("8bit")) ||
                        span_eq_nocase(span_trim(piece->value), SPAN("binary"));
    else if (span_eq_nocase(piece->name, SPAN("Content-Type")))
        section->flowed = mentions(piece->value, SPAN("format=flowed"));
}

/* An encoding that a part can be written in; absent: it is another. */
static struct span known_encoding(struct span encoding)
{
    static const struct span known[] = {{"identity", 8}, {"base64", 6}, {"quoted-printable", 16}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (span_eq(encoding, known[i]))
            return known[i];
    return span_of(NULL, 0);
}

/* The part may get the wording. What is known of it is kept as long as it lasts. */
static bool hold(struct filter_ctx *ctx, struct disclaimer_message *message, const struct filter_part *part,
                 uint64_t at)
{
    char *charset = filter_alloc(ctx, part->charset.len + 1);

    if (charset == NULL)
        return false;
    memcpy(charset, part->charset.len != 0 ? part->charset.ptr : "", part->charset.len);
    message->stage = STAGE_CANDIDATE;
    message->is = (struct filter_part){.index = part->index, .charset = span_of(charset, part->charset.len)};
    message->is.subtype = span_eq(part->subtype, SPAN("html")) ? SPAN("html") : SPAN("plain");
    message->is.encoding = known_encoding(part->encoding);
    message->body_at = at;
    message->opening.len = message->text.len = 0;
    return true;
}

static enum verdict begin(struct filter_ctx *ctx, struct disclaimer_message *message,
                          const struct filter_part *part, uint64_t at)
{
    if (part->index == 0) {
        if (message->based && message->base != at)
            return leave(ctx);
        message->based = true;
        message->base = at;
    }
    message->section.open = false;
    if (message->section.part != part->index + 1)
        message->section = (struct disclaimer_section){.part = 0}; /* it has no fields */
    switch (choose_begin(&message->choice, part)) {
    case CHOOSE_SEALED:
        if (disclaimer_sealed(ctx) != VERDICT_CONTINUE)
            return disclaimer_sealed(ctx);
        break;
    case CHOOSE_TEXT:
        if (known_encoding(part->encoding).ptr != NULL && at >= message->base &&
            !hold(ctx, message, part, at))
            return VERDICT_FAIL;
        break;
    case CHOOSE_OPEN:
    case CHOOSE_NOT:
        break;
    }
    return go_on(ctx, message);
}

/* What is wrong, but leaves no doubt where a part is and how it is encoded. */
static const char *const harmless[] = {
    "header-octets", "header-space-colon", "encoded-word", "name-conflict",   "name-dangerous",
    "preamble",      "epilogue",           "no-close",     "charset-invalid", "nul",
    "base64",        "quoted-printable",   "uuencode"};

static enum verdict doubt(struct filter_ctx *ctx, struct disclaimer_message *message,
                          const struct filter_part *part, struct span anomaly)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (span_eq(anomaly, span_str(harmless[i])))
            return VERDICT_CONTINUE;
    choose_doubt(&message->choice, part);
    if (message->stage == STAGE_CANDIDATE && message->is.index == part->index)
        message->stage = STAGE_SEEK;
    return go_on(ctx, message);
}

static enum verdict take_text(struct filter_ctx *ctx, struct disclaimer_message *message,
                              const struct filter_part *part, const struct filter_piece *piece)
{
    bool bytes = piece->kind == FILTER_PART_BYTES;

    if (message->is.index != part->index)
        return VERDICT_CONTINUE;
    if (message->stage == STAGE_INSIDE) {
        bool wanted = message->part.source == (bytes ? SOURCE_BYTES : SOURCE_TEXT);
        return !wanted || part_write(&message->part, ctx, piece->value) == 0 ? VERDICT_CONTINUE
                                                                             : VERDICT_FAIL;
    }
    if (message->stage != STAGE_CANDIDATE)
        return VERDICT_CONTINUE;
    if (!pending_add(bytes ? &message->opening : &message->text, piece->value))
        return VERDICT_FAIL;
    if (!bytes || message->opening.len < OPENING_OCTETS)
        return VERDICT_CONTINUE;
    return disclaimer_start(ctx, message);
}

static enum verdict end(struct filter_ctx *ctx, struct disclaimer_message *message,
                        const struct filter_part *part, uint64_t at)
{
    bool candidate = message->stage == STAGE_CANDIDATE && message->is.index == part->index;
    enum verdict verdict = candidate ? disclaimer_start(ctx, message) : VERDICT_CONTINUE;

    if (verdict != VERDICT_CONTINUE)
        return verdict;
    if (message->stage == STAGE_INSIDE && message->is.index == part->index) {
        if (disclaimer_pass(ctx, message, at) != 0)
            return VERDICT_FAIL;
        /* The line end that a delimiter owns may be missing: that of the header section goes before it. */
        message->part.last = message->part.last || (message->held.len != 0 && message->held.ptr[0] == '-');
        if (part_end(&message->part, ctx) != 0)
            return VERDICT_FAIL;
        message->stage = STAGE_SEEK;
        message->edited = true;
    }
    choose_end(&message->choice, part);
    return go_on(ctx, message);
}

static enum verdict disclaimer_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                                       const struct filter_piece *piece)
{
    struct disclaimer_message *message = filter_message(ctx);
    enum verdict verdict = VERDICT_CONTINUE;

    if (message == NULL)
        return VERDICT_FAIL;
    switch (piece->kind) {
    case FILTER_PART_FIELD:
        take_field(message, part, piece);
        break;
    case FILTER_PART_BEGIN:
        verdict = begin(ctx, message, part, piece->at);
        break;
    case FILTER_PART_BYTES:
    case FILTER_PART_TEXT:
        verdict = take_text(ctx, message, part, piece);
        break;
    case FILTER_PART_ANOMALY:
        verdict = doubt(ctx, message, part, piece->name);
        break;
    case FILTER_PART_END:
        verdict = end(ctx, message, part, piece->at);
        break;
    case FILTER_PART_UNDECODED:
    case FILTER_PART_RENDERED:
        break;
    }
    return verdict == VERDICT_FAIL ? fail(ctx) : verdict;
}

/* --- the end -------------------------------------------------------------------------------------------- */

static int change(struct filter_ctx *ctx, struct span name, struct span value)
{
    return filter_change_header(ctx, name, 1, value);
}

static int say(struct filter_ctx *ctx, const struct disclaimer_message *message)
{
    const struct said *said = &message->said;

    if (said->type[0] != '\0' && change(ctx, SPAN("Content-Type"), span_str(said->type)) != 0)
        return -1;
    if (change(ctx, SPAN("Content-Transfer-Encoding"), section_encoding(said)) != 0)
        return -1;
    return message->versioned ? 0 : change(ctx, SPAN("MIME-Version"), SPAN("1.0"));
}

static enum verdict disclaimer_on_end_of_message(struct filter_ctx *ctx)
{
    const struct disclaimer_config *config = filter_config(ctx);
    struct disclaimer_message *message = filter_message(ctx);
    int error;

    if (message == NULL)
        return VERDICT_FAIL;
    error = message->replaced ? disclaimer_pass(ctx, message, message->base + message->held.len) : 0;
    if (error == 0 && message->resaid)
        error = say(ctx, message);
    if (error == 0 && message->edited && config->marker[0] != '\0')
        error = filter_add_header(ctx, span_str(config->marker), SPAN("added"));
    forget(ctx);
    return error == 0 ? VERDICT_CONTINUE : VERDICT_FAIL;
}

const struct filter filter_disclaimer = {
    .api = FILTER_API,
    .name = "disclaimer",
    .help = "Puts a text into messages, at the end or at the start of what a person reads.",
    .options = disclaimer_options,
    .config_size = sizeof(struct disclaimer_config),
    .message_size = sizeof(struct disclaimer_message),
    .open = disclaimer_open,
    .on_mail = disclaimer_on_mail,
    .on_header = disclaimer_on_header,
    .on_content = disclaimer_on_content,
    .on_body = disclaimer_on_body,
    .on_part = disclaimer_on_part,
    .on_end_of_message = disclaimer_on_end_of_message,
    .on_abort = forget,
};
