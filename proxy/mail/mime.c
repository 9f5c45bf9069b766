/* mime.c: a message becomes a stream of parts. Delimiter lines are found by mime_lines.c, what a header
 * section says by mime_part.c, content is decoded by mime_content.c. */
#include "mail/mime.h"

#include <assert.h>

#include "base/mem.h"
#include "mail/mime_lines.h"
#include "mail/mime_private.h"

#define TUNNELS    3     /* multiparts or messages in base64, one in the other, that are looked into */
#define FIELDS_MAX 10000 /* of one header section */
#define NOTE_MAX   2048  /* octets of preamble or epilogue that pass for a note */

/* What a step came to. */
enum progress {
    MOVED,   /* something was read, or an event is there */
    STARVED, /* nothing can be done without more input */
    ENDED    /* the stream is over, and so is every part in it */
};

/* One stream of lines and the parts under way in it: the message, or what a tunnel decodes to. */
struct scanner {
    struct level *top;
    struct level *goal; /* parts above this one are being closed; NULL: none are */
    struct mime_lines lines;
    struct span held;     /* body that lies in `lines` */
    struct span tail;     /* body that the header reader held */
    size_t lying, behind; /* body at the head of the input, not yet taken; what was read behind it already */
    size_t noted;         /* octets of the preamble or epilogue under way */
    bool closing;         /* the delimiter was a closing one */
    bool last;            /* nothing follows what is in `buffer` */
    char *buffer;         /* of a tunnel; NULL: the input is the caller's */
    size_t read, filled;
};

struct mime {
    struct mime_limits limits;
    unsigned parts;
    unsigned active; /* the innermost scanner */
    bool failed;
    struct level *dead; /* its end has been told; freed with the next call */
    struct mime_content content;
    struct scanner scanners[TUNNELS + 1];
};

/* --- levels --------------------------------------------------------------------------------------------- */

static void level_free(struct level *level)
{
    if (level == NULL)
        return;
    header_free(&level->header);
    charset_close(&level->charset);
    mem_free(level);
}

static bool level_push(struct mime *mime, struct scanner *scanner, const struct mime_part *parent)
{
    struct level *level = mem_alloc(sizeof(*level));

    if (level == NULL) {
        mime->failed = true;
        return false;
    }
    level->outer = scanner->top;
    level->strings = TEXT(level->bytes);
    level->part.index = mime->parts++;
    level->part.parent = parent != NULL ? parent->index : 0;
    level->part.depth = parent != NULL ? parent->depth + 1 : 0;
    level->header.field_limit = mime->limits.field;
    level->header.section_limit = mime->limits.header_section;
    level->header.count_limit = FIELDS_MAX;
    scanner->top = level;
    scanner->lines = (struct mime_lines){0};
    scanner->noted = 0;
    return true;
}

struct mime *mime_new(const struct mime_limits *limits)
{
    struct mime *mime = mem_alloc(sizeof(*mime));

    if (mime == NULL)
        return NULL;
    mime->limits = *limits;
    mime->content.blocks = mem_alloc((size_t)3 * MIME_BLOCK);
    if (mime->content.blocks == NULL || !level_push(mime, &mime->scanners[0], NULL)) {
        mime_free(mime);
        return NULL;
    }
    return mime;
}

void mime_free(struct mime *mime)
{
    if (mime == NULL)
        return;
    for (unsigned i = 0; i <= TUNNELS; i++) {
        struct level *level = mime->scanners[i].top;
        while (level != NULL) {
            struct level *outer = level->outer;
            level_free(level);
            level = outer;
        }
        mem_free(mime->scanners[i].buffer);
    }
    level_free(mime->dead);
    mem_free(mime->content.blocks);
    mem_free(mime);
}

bool mime_failed(const struct mime *mime)
{
    return mime->failed;
}

/* --- header sections ------------------------------------------------------------------------------------ */

static bool decodes(const struct level *level)
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
    if (!level_push(mime, inner, &level->part))
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
    bool tunnel = decodes(level);

    if (level->part.depth >= mime->limits.depth || (tunnel && mime->active == TUNNELS)) {
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

static void open_body(struct mime *mime, struct scanner *scanner, struct level *level)
{
    scanner->lines = (struct mime_lines){0};
    scanner->noted = 0;
    if ((!level->part.multipart && !level->part.message) || !may_open(mime, level)) {
        open_leaf(mime, level);
        return;
    }
    level->decode = (struct decode){.encoding = level->part.encoding};
    if (decodes(level)) {
        level->state = LEVEL_TUNNEL;
        (void)tunnel_open(mime, scanner, level);
    } else if (level->part.message) {
        level->state = LEVEL_INSIDE;
        (void)level_push(mime, scanner, &level->part);
    } else {
        level->state = LEVEL_PREAMBLE;
    }
}

/* PART_BEGIN is told before what it leads to is done: the part pointer stays, its body is opened on the next
 * call. */
static void begin_part(struct scanner *scanner, struct level *level, struct mime_event *event)
{
    if (level->header.malformed)
        level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_SYNTAX);
    part_settle(level);
    level->begun = true;
    scanner->tail = header_tail(&level->header);
    *event = (struct mime_event){.kind = MIME_PART_BEGIN, .part = &level->part};
}

static size_t read_header(struct scanner *scanner, struct span in, bool last, struct mime_event *event)
{
    struct level *level = scanner->top;
    struct span name, value;
    enum header_event kind = HEADER_MORE;
    size_t used = 0;

    if (in.len != 0) {
        used = header_read(&level->header, in, &name, &value, &kind);
    } else if (last) {
        header_finish(&level->header, &name, &value, &kind);
        if (kind == HEADER_END)
            level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_NO_END);
    }
    switch (kind) {
    case HEADER_FIELD:
        part_field(level, name, value);
        *event = (struct mime_event){.kind = MIME_FIELD, .part = &level->part, .name = name, .value = value};
        break;
    case HEADER_ERROR: /* what of the field was read is body */
        level->part.anomalies |= anomaly_bit(ANOMALY_HEADER_LIMIT);
        begin_part(scanner, level, event);
        scanner->tail = span_of(level->header.field, level->header.used);
        break;
    case HEADER_END:
        begin_part(scanner, level, event);
        break;
    case HEADER_MORE:
        break;
    }
    return used;
}

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

/* The innermost multipart that the line delimits, or NULL. */
static struct level *delimited(struct scanner *scanner, struct span line)
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
    scanner->goal = delimited(scanner, line);
    if (scanner->goal != NULL)
        mime_lines_accept(&scanner->lines);
    else
        mime_lines_refuse(&scanner->lines);
}

/* The parts above the delimited multipart are closed: it goes on. */
static void pass_delimiter(struct mime *mime, struct scanner *scanner)
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
        (void)level_push(mime, scanner, &level->part);
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
    if (kind == MIME_LINE_BODY && (from_tail || bytes.ptr < in.ptr || bytes.ptr >= in.ptr + in.len)) {
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

static enum progress read_body(struct mime *mime, struct scanner *scanner, struct span in, bool last,
                               size_t *used, struct mime_event *event)
{
    size_t n;

    if (scanner->held.len != 0) {
        scanner->held = span_skip(scanner->held, take_body(mime, scanner, scanner->held, event));
        return MOVED;
    }
    if (scanner->lying != 0) {
        n = take_body(mime, scanner, span_first(in, scanner->lying), event);
        scanner->lying -= n;
        *used = scanner->lying == 0 ? n + scanner->behind : n;
        return n != 0 || event->kind != MIME_MORE || content_waits(mime) ? MOVED : STARVED;
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
static enum progress end_level(struct mime *mime, struct scanner *scanner, struct mime_event *event)
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

/* --- steps ---------------------------------------------------------------------------------------------- */

/* An anomaly is told once, before anything else about its part, but not before the part itself. */
static bool tell_anomaly(struct scanner *scanner, struct mime_event *event)
{
    for (struct level *level = scanner->top; level != NULL; level = level->outer) {
        uint64_t news = level->part.anomalies & ~level->told;
        if (news == 0 || !level->begun)
            continue;
        event->anomaly = (enum anomaly)__builtin_ctzll(news);
        event->kind = MIME_ANOMALY;
        event->part = &level->part;
        level->told |= anomaly_bit(event->anomaly);
        return true;
    }
    return false;
}

/* The inside of a tunnel is over: the part around it may end. */
static enum progress leave_tunnel(struct mime *mime)
{
    if (mime->active == 0)
        return ENDED;
    mime->active--;
    return MOVED;
}

static enum progress step(struct mime *mime, struct scanner *scanner, struct span in, bool last, size_t *used,
                          struct mime_event *event)
{
    struct level *level = scanner->top;

    if (level == NULL)
        return leave_tunnel(mime);
    if (tell_anomaly(scanner, event))
        return MOVED;
    if (level->begun && level->state == LEVEL_HEADER) {
        open_body(mime, scanner, level);
        return MOVED;
    }
    if (level->state == LEVEL_HEADER) {
        *used = read_header(scanner, in, last, event);
        return *used != 0 || event->kind != MIME_MORE ? MOVED : STARVED;
    }
    if (scanner->goal != NULL) {
        if (scanner->goal != level)
            return end_level(mime, scanner, event);
        pass_delimiter(mime, scanner);
        return MOVED;
    }
    if (read_body(mime, scanner, in, last, used, event) == MOVED)
        return MOVED;
    return last && in.len == 0 ? end_level(mime, scanner, event) : STARVED;
}

/* The innermost scanner that can go on does. */
static enum progress step_any(struct mime *mime, struct span in, bool last, size_t *used,
                              struct mime_event *event)
{
    enum progress progress = STARVED;

    for (unsigned i = mime->active + 1; i-- > 0 && progress == STARVED;) {
        struct scanner *scanner = &mime->scanners[i];
        size_t n = 0;
        if (i == 0) {
            progress = step(mime, scanner, in, last, used, event);
            continue;
        }
        progress =
            step(mime, scanner, span_of(scanner->buffer + scanner->read, scanner->filled - scanner->read),
                 scanner->last, &n, event);
        scanner->read += n;
    }
    return progress;
}

size_t mime_read(struct mime *mime, struct span in, bool last, struct mime_event *event)
{
    enum progress progress = MOVED;
    size_t used = 0;

    level_free(mime->dead);
    mime->dead = NULL;
    *event = (struct mime_event){.kind = MIME_MORE};
    while (progress == MOVED && event->kind == MIME_MORE && !mime->failed) {
        size_t n = 0;
        level_free(mime->dead); /* a shadow's */
        mime->dead = NULL;
        progress = step_any(mime, span_skip(in, used), last, &n, event);
        used += n;
    }
    if (progress == ENDED || mime->failed)
        event->kind = MIME_END;
    return mime->failed ? in.len : used;
}
