/* mime_body.c: bodies, the delimiters between them, and their ends. Delimiter lines are found by
 * mime_lines.c, content is decoded by mime_content.c. */
#include <assert.h>

#include "mail/mime_private.h"

#define NOTE_MAX 2048 /* octets of preamble or epilogue that pass for a note */

/* --- delimiters ----------------------------------------------------------------------------------------- */

/* delimiter := "--" boundary *LWSP; close-delimiter := delimiter "--" (RFC 2046 5.1.1) */
static bool delimits(struct span line, struct span boundary, bool *closing)
{
    struct span rest = span_skip(line, 2);

    if (boundary.len == 0 || rest.len < boundary.len || !span_eq(span_first(rest, boundary.len), boundary))
        return false;
    rest = span_skip(rest, boundary.len);
    *closing = rest.len >= 2 && rest.ptr[0] == '-' && rest.ptr[1] == '-';
    rest = span_skip(rest, *closing ? 2 : 0);
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] != ' ' && rest.ptr[i] != '\t' && rest.ptr[i] != '\r')
            return false;
    return true;
}

/* Another reader, who looks at the beginning of the line only, would take it for a delimiter. */
static bool resembles(struct span line, struct span boundary)
{
    struct span rest = span_skip(line, 2);

    return boundary.len != 0 && rest.len > boundary.len && span_eq(span_first(rest, boundary.len), boundary);
}

struct level *mime_delimited(struct scanner *scanner, struct span line)
{
    for (struct level *level = scanner->top; level != NULL; level = level->outer) {
        if (!level->part.multipart || level->state == LEVEL_LEAF || level->state == LEVEL_TUNNEL)
            continue;
        if (delimits(line, level->part.boundary, &scanner->closing) ||
            delimits(line, level->other_boundary, &scanner->closing))
            return level;
        if (resembles(line, level->part.boundary))
            level->part.anomalies |= anomaly_bit(ANOMALY_BOUNDARY_REUSED);
    }
    return NULL;
}

static void judge_line(struct scanner *scanner, struct span line)
{
    scanner->goal = mime_delimited(scanner, line);
    scanner->delimiter = scanner->lines.held;
    if (scanner->goal != NULL)
        mime_lines_accept(&scanner->lines);
    else
        mime_lines_refuse(&scanner->lines);
}

/* The parts above the delimited multipart are closed: it goes on. */
void mime_pass_delimiter(struct mime *mime, struct scanner *scanner)
{
    struct level *level = scanner->goal;

    scanner->goal = NULL;
    scanner->noted = 0;
    if (scanner->closing || level->state == LEVEL_EPILOGUE) {
        level->state = LEVEL_EPILOGUE;
        level->closed = true;
    } else if (mime->parts >= mime->limits.parts) {
        level->part.anomalies |= anomaly_bit(ANOMALY_PARTS);
        level->state = LEVEL_EPILOGUE;
    } else {
        level->state = LEVEL_INSIDE;
        (void)mime_push(mime, scanner, &level->part);
    }
}

/* --- bodies --------------------------------------------------------------------------------------------- */

/* A tunnel's octets are decoded into the next scanner's buffer. */
static size_t take_tunnel(struct scanner *scanner, struct level *level, struct span in)
{
    struct scanner *inner = scanner + 1;
    size_t used, made;

    if (inner->read == inner->filled)
        inner->read = inner->filled = 0;
    used = decode_feed(&level->decode, in, inner->buffer + inner->filled, MIME_BLOCK - inner->filled, &made);
    level->part.anomalies |= level->decode.anomalies;
    inner->filled += made;
    return used;
}

static size_t take_note(struct scanner *scanner, struct level *level, struct span in,
                        struct mime_event *event)
{
    enum anomaly which = level->state == LEVEL_EPILOGUE ? ANOMALY_EPILOGUE : ANOMALY_PREAMBLE;

    scanner->noted += in.len;
    if (scanner->noted > NOTE_MAX)
        level->part.anomalies |= anomaly_bit(which);
    *event = (struct mime_event){.kind = MIME_BYTES, .part = &level->part, .bytes = in};
    return in.len;
}

static size_t take_body(struct mime *mime, struct scanner *scanner, struct span in, struct mime_event *event)
{
    struct level *level = scanner->top;

    if (level->state == LEVEL_TUNNEL)
        return take_tunnel(scanner, level, in);
    if (level->state == LEVEL_LEAF)
        return content_take(&mime->content, level, in, event);
    return take_note(scanner, level, in, event);
}

static bool content_waits(const struct mime *mime)
{
    return mime->content.decoded.len != 0 || mime->content.text.len != 0;
}

/* Reads lines from what the header reader held, then from the input. */
static enum progress read_lines(struct scanner *scanner, struct span in, bool last, size_t *used)
{
    struct span bytes;
    enum mime_line kind;
    bool from_tail = scanner->tail.len != 0;
    struct span source = from_tail ? scanner->tail : in;
    size_t n = mime_lines_read(&scanner->lines, source, last && !from_tail, &kind, &bytes);

    if (kind == MIME_LINE_CANDIDATE)
        judge_line(scanner, bytes);
    if (from_tail)
        scanner->tail = span_skip(scanner->tail, n);
    if (kind == MIME_LINE_BODY && (from_tail || mime_lines_gave(&scanner->lines))) {
        scanner->held = bytes;
    } else if (kind == MIME_LINE_BODY) {
        assert(bytes.ptr == in.ptr);
        scanner->lying = bytes.len;
        scanner->behind = n - bytes.len;
        return MOVED;
    }
    *used = from_tail ? 0 : n;
    return kind == MIME_LINE_MORE && source.len == 0 ? STARVED : MOVED;
}

enum progress mime_read_body(struct mime *mime, struct scanner *scanner, struct span in, bool last,
                             size_t *used, struct mime_event *event)
{
    size_t n;

    if (scanner->held.len != 0) {
        scanner->held = span_skip(scanner->held, take_body(mime, scanner, scanner->held, event));
        return MOVED;
    }
    if (scanner->lying != 0) {
        bool waited = content_waits(mime); /* what waited may have come to nothing: HTML that shows nothing */
        n = take_body(mime, scanner, span_first(in, scanner->lying), event);
        scanner->lying -= n;
        *used = scanner->lying == 0 ? n + scanner->behind : n;
        return n != 0 || event->kind != MIME_MORE || waited || content_waits(mime) ? MOVED : STARVED;
    }
    if (scanner->top->state == LEVEL_LEAF && content_waits(mime)) {
        (void)content_take(&mime->content, scanner->top, span_of(NULL, 0), event);
        return MOVED;
    }
    return read_lines(scanner, in, last, used);
}

/* --- ends ----------------------------------------------------------------------------------------------- */

/* What a tunnel held back goes to the next scanner, which is then told that nothing follows. */
static bool tunnel_end(struct scanner *scanner, struct level *level)
{
    struct scanner *inner = scanner + 1;

    if (inner->last || MIME_BLOCK - inner->filled < DECODE_FINISH_MAX)
        return false;
    inner->filled += decode_finish(&level->decode, inner->buffer + inner->filled);
    level->part.anomalies |= level->decode.anomalies;
    inner->last = true;
    return true;
}

static bool unclosed(const struct level *level)
{
    return level->part.multipart && !level->closed && level->state != LEVEL_LEAF &&
           level->state != LEVEL_TUNNEL;
}

/* Closes the innermost part. STARVED: a tunnel's inside has to end first. */
enum progress mime_end_level(struct mime *mime, struct scanner *scanner, struct mime_event *event)
{
    struct level *level = scanner->top;

    if (level->state == LEVEL_TUNNEL && &mime->scanners[mime->active] != scanner)
        return tunnel_end(scanner, level) ? MOVED : STARVED;
    if (level->state == LEVEL_LEAF && content_end(&mime->content, level, event))
        return MOVED;
    if (unclosed(level))
        level->part.anomalies |= anomaly_bit(ANOMALY_NO_CLOSE);
    if ((level->part.anomalies & ~level->told) != 0)
        return MOVED; /* told first */
    scanner->top = level->outer;
    scanner->held = span_of(NULL, 0);
    mime->dead = level;
    if (level->shadow)
        (scanner - 1)->top->part.anomalies |= level->part.anomalies;
    else
        *event = (struct mime_event){.kind = MIME_PART_END, .part = &level->part};
    return MOVED;
}
