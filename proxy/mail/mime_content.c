/* mime_content.c: content through decoding, charset and HTML to events; which part it belongs to is left to
 * mime.c.
 */
#include "mail/mime_private.h"

enum { STAGE_DECODE, STAGE_CHARSET, STAGE_HTML, STAGES };

static char *block(const struct mime_content *content, unsigned stage)
{
    return content->blocks + (size_t)stage * MIME_BLOCK;
}

static void tell_bytes(struct level *level, enum mime_kind kind, struct span bytes, struct mime_event *event)
{
    if (bytes.len == 0)
        return;
    *event = (struct mime_event){.kind = kind, .part = &level->part, .bytes = bytes};
}

static void tell_text(struct level *level, struct span bytes, bool rendered, struct mime_event *event)
{
    if (bytes.len == 0)
        return;
    *event =
        (struct mime_event){.kind = MIME_TEXT, .part = &level->part, .bytes = bytes, .rendered = rendered};
}

static bool is_html(const struct level *level)
{
    return span_eq(level->part.subtype, SPAN("html")) || span_eq(level->part.subtype, SPAN("xhtml+xml"));
}

/* --- the stages ----------------------------------------------------------------------------------------- */

static void render(struct mime_content *content, struct level *level, struct mime_event *event)
{
    size_t made;

    content->text = span_skip(
        content->text, html_feed(&level->html, content->text, block(content, STAGE_HTML), MIME_BLOCK, &made));
    tell_text(level, span_of(block(content, STAGE_HTML), made), true, event);
}

/* Text that has become UTF-8 is told at once, and rendered next if it is HTML. */
static size_t convert(struct mime_content *content, struct level *level, struct span in,
                      struct mime_event *event)
{
    struct span text = {block(content, STAGE_CHARSET), 0};
    size_t used = charset_feed(&level->charset, in, block(content, STAGE_CHARSET), MIME_BLOCK, &text.len);

    level->part.anomalies |= level->charset.anomalies;
    tell_text(level, text, false, event);
    if (is_html(level))
        content->text = text;
    return used;
}

static size_t decode(struct mime_content *content, struct level *level, struct span in,
                     struct mime_event *event)
{
    struct span decoded = {block(content, STAGE_DECODE), 0};
    size_t used = decode_feed(&level->decode, in, block(content, STAGE_DECODE), MIME_BLOCK, &decoded.len);

    level->part.anomalies |= level->decode.anomalies;
    tell_bytes(level, MIME_BYTES, decoded, event);
    if (level->part.text)
        content->decoded = decoded;
    return used;
}

static bool plain(const struct level *level)
{
    return level->decode.encoding == DECODE_IDENTITY || level->decode.encoding == DECODE_UNKNOWN;
}

/* Octets that need no decoding are shown where they lie. */
static size_t take_plain(struct mime_content *content, struct level *level, struct span in,
                         struct mime_event *event)
{
    size_t used;

    if (content->shown == 0) {
        tell_bytes(level, MIME_BYTES, in, event);
        content->shown = level->part.text ? in.len : 0;
        return level->part.text ? 0 : in.len;
    }
    used = convert(content, level, span_first(in, content->shown), event);
    content->shown -= used;
    return used;
}

size_t content_take(struct mime_content *content, struct level *level, struct span in,
                    struct mime_event *event)
{
    size_t used;

    if (content->text.len != 0) {
        render(content, level, event);
        return 0;
    }
    if (content->decoded.len != 0) {
        used = convert(content, level, content->decoded, event);
        content->decoded = span_skip(content->decoded, used);
        return 0;
    }
    if (in.len == 0)
        return 0;
    if (plain(level))
        return take_plain(content, level, in, event);
    if (level->raw_too && content->shown == 0) {
        content->shown = in.len;
        tell_bytes(level, MIME_RAW, in, event);
        return 0;
    }
    used = decode(content, level, level->raw_too ? span_first(in, content->shown) : in, event);
    content->shown -= level->raw_too ? used : 0;
    return used;
}

/* --- the end -------------------------------------------------------------------------------------------- */

static void finish_stage(struct mime_content *content, struct level *level, struct mime_event *event)
{
    char *to = block(content, content->finished);
    struct span left = {to, 0};

    switch (content->finished++) {
    case STAGE_DECODE:
        left.len = decode_finish(&level->decode, to);
        level->part.anomalies |= level->decode.anomalies;
        tell_bytes(level, MIME_BYTES, left, event);
        content->decoded = level->part.text ? left : content->decoded;
        break;
    case STAGE_CHARSET:
        left.len = level->part.text ? charset_finish(&level->charset, to) : 0;
        level->part.anomalies |= level->charset.anomalies;
        tell_text(level, left, false, event);
        content->text = is_html(level) ? left : content->text;
        break;
    default:
        left.len = level->part.text && is_html(level) ? html_finish(&level->html, to) : 0;
        tell_text(level, left, true, event);
        break;
    }
}

bool content_end(struct mime_content *content, struct level *level, struct mime_event *event)
{
    while (event->kind == MIME_MORE) {
        if (content->text.len != 0 || content->decoded.len != 0) {
            (void)content_take(content, level, span_of(NULL, 0), event);
        } else if (content->finished < STAGES) {
            finish_stage(content, level, event);
        } else {
            *content = (struct mime_content){.blocks = content->blocks};
            return false;
        }
    }
    return true;
}
