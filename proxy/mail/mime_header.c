/* mime_header.c: from a part's header section to what its body is; what fields say is mime_part.c's. */
#include "base/mem.h"
#include "mail/mime_private.h"

bool mime_encoded(const struct level *level)
{
    return level->part.encoding != DECODE_IDENTITY && level->part.encoding != DECODE_UNKNOWN;
}

/* The decoded stream has the part's own structure: a message, or the parts of a multipart. */
static bool tunnel_open(struct mime *mime, struct scanner *scanner, const struct level *level)
{
    struct scanner *inner = scanner + 1;

    if (inner->buffer == NULL)
        inner->buffer = mem_alloc(MIME_BLOCK);
    if (inner->buffer == NULL) {
        mime->failed = true;
        return false;
    }
    inner->read = inner->filled = 0;
    inner->last = false;
    mime->active++;
    if (!mime_push(mime, inner, &level->part))
        return false;
    if (level->part.multipart) { /* no part of its own: the multipart itself, seen from within */
        mime->parts--;
        inner->top->part = level->part;
        inner->top->other_boundary = level->other_boundary;
        inner->top->told = ~UINT64_C(0);
        inner->top->digest = level->digest;
        inner->top->shadow = true;
        inner->top->state = LEVEL_PREAMBLE;
    }
    return true;
}

/* What is inside is taken apart, if the limits allow it. */
static bool may_open(struct mime *mime, struct level *level)
{
    bool tunnel = mime_encoded(level);

    if (level->part.depth >= mime->limits.depth || (tunnel && mime->active == MIME_TUNNELS)) {
        level->part.anomalies |= anomaly_bit(ANOMALY_DEPTH);
        return false;
    }
    if (mime->parts >= mime->limits.parts) {
        level->part.anomalies |= anomaly_bit(ANOMALY_PARTS);
        return false;
    }
    return true;
}

static void open_leaf(struct mime *mime, struct level *level)
{
    level->state = LEVEL_LEAF;
    level->decode = (struct decode){.encoding = level->part.encoding};
    if (level->part.text)
        charset_open(&level->charset, level->part.charset);
    level->part.anomalies |= level->charset.anomalies;
    mime->content = (struct mime_content){.blocks = mime->content.blocks};
}

void mime_open_body(struct mime *mime, struct scanner *scanner, struct level *level)
{
    scanner->lines = (struct mime_lines){0};
    scanner->noted = 0;
    if ((!level->part.multipart && !level->part.message) || scanner->goal != NULL || !may_open(mime, level)) {
        open_leaf(mime, level);
        return;
    }
    level->decode = (struct decode){.encoding = level->part.encoding};
    if (mime_encoded(level)) {
        level->state = LEVEL_TUNNEL;
        (void)tunnel_open(mime, scanner, level);
    } else if (level->part.message) {
        level->state = LEVEL_INSIDE;
        (void)mime_push(mime, scanner, &level->part);
    } else {
        level->state = LEVEL_PREAMBLE;
    }
}

/* PART_BEGIN is told before what it leads to is done: the part pointer stays, its body is opened on the next
 * call. body: octets of the body that the header reader holds; of another's that was read before, all is
 * left. */
static void begin_part(struct scanner *scanner, struct level *level, struct span body,
                       struct mime_event *event)
{
    if (level->header.malformed)
        level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_SYNTAX);
    part_settle(level);
    level->begun = true;
    if (body.len != 0)
        scanner->tail = body;
    *event = (struct mime_event){.kind = MIME_PART_BEGIN, .part = &level->part};
}

/* A boundary may have a colon, and its delimiter then looks like a field: the part has no body. */
static bool is_delimiter(struct scanner *scanner, struct span name, struct span value)
{
    char bytes[MIME_LINE_MAX];
    struct text line = TEXT(bytes);

    if (!span_starts_nocase(name, SPAN("--")))
        return false;
    text_add(&line, name);
    text_char(&line, ':');
    text_add(&line, value);
    scanner->goal = line.cut ? NULL : mime_delimited(scanner, text_span(&line));
    return scanner->goal != NULL;
}

static void take_field(struct scanner *scanner, struct span name, struct span value, struct mime_event *event)
{
    struct level *level = scanner->top;

    if (is_delimiter(scanner, name, value)) {
        level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_NO_END);
        begin_part(scanner, level, span_of(NULL, 0), event);
        return;
    }
    part_field(level, name, value);
    *event = (struct mime_event){.kind = MIME_FIELD, .part = &level->part, .name = name, .value = value};
}

/* One step of the header reader; what it used up of the source. */
static size_t read_some(struct scanner *scanner, struct span source, bool last, struct mime_event *event)
{
    struct level *level = scanner->top;
    struct span name = {NULL, 0}, value = {NULL, 0};
    enum header_event kind = HEADER_MORE;
    size_t used = 0;

    if (source.len != 0) {
        used = header_read(&level->header, source, &name, &value, &kind);
    } else if (last) {
        header_finish(&level->header, &name, &value, &kind);
        if (kind == HEADER_END)
            level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_NO_END);
    }
    if (kind == HEADER_FIELD) {
        take_field(scanner, name, value, event);
    } else if (kind == HEADER_END) {
        begin_part(scanner, level, header_tail(&level->header), event);
    } else if (kind == HEADER_ERROR) { /* what of the field was read is body */
        level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_LIMIT);
        begin_part(scanner, level, span_of(level->header.field, level->header.used), event);
    }
    return used;
}

/* The header section of a message inside another part may begin with what that part's header reader held. */
enum progress mime_read_header(struct scanner *scanner, struct span in, bool last, size_t *used,
                               struct mime_event *event)
{
    if (scanner->tail.len != 0) {
        struct span tail = scanner->tail;
        scanner->tail = span_of(NULL, 0);
        size_t n = read_some(scanner, tail, false, event);
        if (n < tail.len && scanner->tail.len == 0)
            scanner->tail = span_skip(tail, n);
        return MOVED;
    }
    *used = read_some(scanner, in, last, event);
    return *used != 0 || event->kind != MIME_MORE ? MOVED : STARVED;
}
