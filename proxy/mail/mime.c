/* mime.c: a message becomes a stream of parts: which scanner goes on, and what is told. Header sections are
 * mime_header.c's, bodies mime_body.c's. */
#include "mail/mime.h"

#include "base/mem.h"
#include "mail/mime_private.h"

#define FIELDS_MAX 10000 /* of one header section */

/* --- levels --------------------------------------------------------------------------------------------- */

static void level_free(struct level *level)
{
    if (level == NULL)
        return;
    header_free(&level->header);
    charset_close(&level->charset);
    mem_free(level);
}

bool mime_push(struct mime *mime, struct scanner *scanner, const struct mime_part *parent)
{
    struct level *level = mem_alloc(sizeof(*level));

    if (level == NULL) {
        mime->failed = true;
        return false;
    }
    level->outer = scanner->top;
    level->start = mime->consumed - scanner->tail.len;
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
    if (mime->content.blocks == NULL || !mime_push(mime, &mime->scanners[0], NULL)) {
        mime_free(mime);
        return NULL;
    }
    return mime;
}

void mime_free(struct mime *mime)
{
    if (mime == NULL)
        return;
    for (unsigned i = 0; i <= MIME_TUNNELS; i++) {
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
        mime_open_body(mime, scanner, level);
        return MOVED;
    }
    if (level->state == LEVEL_HEADER)
        return mime_read_header(scanner, in, last, used, event);
    if (scanner->goal != NULL) {
        if (scanner->goal != level)
            return mime_end_level(mime, scanner, event);
        mime_pass_delimiter(mime, scanner);
        return MOVED;
    }
    if (mime_read_body(mime, scanner, in, last, used, event) == MOVED)
        return MOVED;
    return last && in.len == 0 ? mime_end_level(mime, scanner, event) : STARVED;
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

/* Where in the input the event is. What its scanner holds back has been consumed, but lies behind it. */
static void place(const struct mime *mime, struct mime_event *event)
{
    const struct scanner *scanner = &mime->scanners[0];

    if (mime->active != 0)
        return;
    if (event->kind == MIME_FIELD)
        event->at = scanner->top->start;
    else if (event->kind == MIME_PART_BEGIN)
        event->at = mime->consumed - scanner->tail.len;
    else if (event->kind == MIME_PART_END)
        event->at = mime->consumed - scanner->tail.len - (scanner->goal != NULL ? scanner->delimiter : 0);
}

size_t mime_read(struct mime *mime, struct span in, bool last, struct mime_event *event)
{
    enum progress progress = MOVED;
    size_t used = 0;

    if (in.ptr == NULL)
        in = SPAN(""); /* what is absent has no address to add to */
    level_free(mime->dead);
    mime->dead = NULL;
    *event = (struct mime_event){.kind = MIME_MORE};
    while (progress == MOVED && event->kind == MIME_MORE && !mime->failed) {
        size_t n = 0;
        level_free(mime->dead); /* a shadow's */
        mime->dead = NULL;
        progress = step_any(mime, span_skip(in, used), last, &n, event);
        used += n;
        mime->consumed += n;
    }
    place(mime, event);
    if (progress == ENDED || mime->failed)
        event->kind = MIME_END;
    return mime->failed ? in.len : used;
}
