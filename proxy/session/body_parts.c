/* body_parts.c: shows the parts of a message to the chain; taking it apart is left to mail/mime. */
#include <errno.h>

#include "session/body_private.h"

static const enum filter_part_kind kinds[] = {
    [MIME_FIELD] = FILTER_PART_FIELD,     [MIME_PART_BEGIN] = FILTER_PART_BEGIN,
    [MIME_RAW] = FILTER_PART_UNDECODED,   [MIME_BYTES] = FILTER_PART_BYTES,
    [MIME_TEXT] = FILTER_PART_TEXT,       [MIME_PART_END] = FILTER_PART_END,
    [MIME_ANOMALY] = FILTER_PART_ANOMALY,
};

static const char *const encodings[] = {
    [DECODE_IDENTITY] = "identity",
    [DECODE_BASE64] = "base64",
    [DECODE_QUOTED_PRINTABLE] = "quoted-printable",
    [DECODE_UUENCODE] = "uuencode",
    [DECODE_UNKNOWN] = "unknown",
};

static void describe(const struct mime_part *part, struct filter_part *out)
{
    *out = (struct filter_part){.index = part->index, .parent = part->parent, .depth = part->depth};
    out->encoding = span_str(encodings[part->encoding]);
    out->type = part->type;
    out->subtype = part->subtype;
    out->charset = part->charset;
    out->disposition = part->disposition;
    out->filename = part->filename;
    out->other_name = part->other_name;
    out->id = part->id;
    out->text = part->text;
    out->multipart = part->multipart;
    out->message = part->message;
}

static enum step show(struct session *session, const struct mime_event *event)
{
    struct chain_question question = {.event = FILTER_PART};
    struct filter_piece *piece = &question.part.piece;

    describe(event->part, &question.part.is);
    piece->kind = event->rendered ? FILTER_PART_RENDERED : kinds[event->kind];
    piece->name = event->kind == MIME_ANOMALY ? span_str(anomaly_name(event->anomaly)) : event->name;
    piece->value = event->kind == MIME_FIELD ? event->value : event->bytes;
    piece->at = event->at;
    return body_ask(session, &question);
}

/* Nobody asks for parts, or what becomes of the message is known. */
static bool idle(const struct session *session)
{
    return body_over(session->body) || !body_wants(session->body, FILTER_PART);
}

static bool begin(struct session *session)
{
    const struct settings_limits *limits = &session->settings->limits;
    const struct mime_limits bounds = {(unsigned)limits->part_depth, (unsigned)limits->parts,
                                       limits->header_field, limits->header_size};
    struct body *body = session->body;

    if (body->reading.mime == NULL)
        body->reading.mime = mime_new(&bounds);
    if (body->reading.mime == NULL)
        body_failed(session, -ENOMEM);
    return body->reading.mime != NULL;
}

/* Until nothing is left to be told, or a filter thinks. */
static enum step read_on(struct session *session, bool last)
{
    struct body *body = session->body;
    struct mime_event event;

    while (!body_over(body)) {
        body->reading.parted +=
            mime_read(body->reading.mime, span_skip(body->reading.piece, body->reading.parted), last, &event);
        if (mime_failed(body->reading.mime))
            body_failed(session, -ENOMEM);
        else if (event.kind == MIME_MORE || event.kind == MIME_END)
            return STEP_AGAIN;
        else if (show(session, &event) == STEP_WAIT)
            return STEP_WAIT;
    }
    return STEP_AGAIN;
}

enum step body_show_parts(struct session *session)
{
    if (idle(session) || session->body->reading.parted == session->body->reading.piece.len || !begin(session))
        return STEP_AGAIN;
    return read_on(session, false);
}

enum step body_end_parts(struct session *session)
{
    struct body *body = session->body;

    if (body->reading.parts_done || idle(session) || !begin(session))
        return STEP_AGAIN;
    body->reading.piece = SPAN("");
    body->reading.parted = 0;
    if (read_on(session, true) == STEP_WAIT)
        return STEP_WAIT;
    body->reading.parts_done = true;
    return STEP_AGAIN;
}
