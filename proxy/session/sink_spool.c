/* sink_spool.c: content is held until it is released; then it flows. Until then it can be edited. Framing is
 * left to sink.c, where it is held to base/hold. */
#include "session/sink.h"

#include <errno.h>

#include "base/mem.h"

#define READ_OCTETS 16384 /* read back from the file at a time */

/* The content is the front, then what is held from `from` on. */
struct sink_spool {
    struct sink sink;
    char *front; /* the header section or what is to stand before it, as edited; our trace field */
    size_t front_len;
    size_t above; /* octets of it that filters have put above our trace field */
    struct hold held;
    uint64_t from;
    char *window; /* what has been read back from the file last */
    uint64_t window_at;
    size_t window_len;
    uint64_t shown; /* octets of the content that read() has given */
    bool released;
};

static void put_front(struct sink_spool *spool, char *front, size_t len)
{
    mem_free(spool->front);
    spool->front = front;
    spool->front_len = len;
    spool->shown = 0;
}

/* What is in the file at `at`, for the moment. */
static int look_in_file(struct sink_spool *spool, uint64_t at, struct span *out)
{
    long n;

    if (spool->window == NULL)
        spool->window = mem_alloc(READ_OCTETS);
    if (spool->window == NULL)
        return -ENOMEM;
    if (at < spool->window_at || at - spool->window_at >= spool->window_len) {
        n = hold_read(&spool->held, at, spool->window, READ_OCTETS);
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        spool->window_at = at;
        spool->window_len = (size_t)n;
    }
    *out = span_skip(span_of(spool->window, spool->window_len), (size_t)(at - spool->window_at));
    return 0;
}

/* Octets of the content from `at` on: as many as lie together in memory, none at the end. */
static int look(struct sink_spool *spool, uint64_t at, struct span *out)
{
    if (at < spool->front_len) {
        *out = span_skip(span_of(spool->front, spool->front_len), (size_t)at);
        return 0;
    }
    at += spool->from - spool->front_len;
    *out = hold_in_memory(&spool->held, at);
    return out->len != 0 || at >= hold_octets(&spool->held) ? 0 : look_in_file(spool, at, out);
}

static enum sink_result drain(struct sink *sink)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    struct span next;

    while (look(spool, sink->sent, &next) == 0) {
        long n;
        if (next.len == 0)
            return SINK_DONE;
        n = sink_send(sink, next);
        if (n <= 0)
            return n == 0 ? SINK_WAIT : SINK_FAILED;
    }
    return SINK_FAILED;
}

static long write_content(struct sink *sink, struct span content)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    int error;

    if (spool->released) {
        enum sink_result result = drain(sink);
        if (result != SINK_DONE)
            return result == SINK_WAIT ? 0 : -EIO;
        return sink_send(sink, content);
    }
    error = hold_add(&spool->held, content);
    return error != 0 ? error : (long)content.len;
}

static long read_content(struct sink *sink, char *to, size_t len)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    struct span next;
    int error = look(spool, spool->shown, &next);

    if (error != 0)
        return error;
    next = span_first(next, len);
    if (next.len != 0)
        memcpy(to, next.ptr, next.len);
    spool->shown += next.len;
    return (long)next.len;
}

/* The first octets of the content in one piece; *copy: to be freed, if that took one. */
static int gather(struct sink_spool *spool, size_t len, struct span *out, char **copy)
{
    int error = look(spool, 0, out);

    *copy = NULL;
    if (error != 0 || out->len >= len) {
        *out = span_first(*out, len);
        return error;
    }
    *copy = mem_alloc(len);
    if (*copy == NULL)
        return -ENOMEM;
    *out = span_of(*copy, len);
    spool->shown = 0;
    while (error == 0 && spool->shown < len) {
        long n = read_content(&spool->sink, *copy + spool->shown, len - (size_t)spool->shown);
        error = n > 0 ? 0 : n < 0 ? (int)n : -EIO;
    }
    if (error != 0)
        mem_free(*copy);
    return error;
}

static void put_body(struct sink_spool *spool, struct hold *body)
{
    hold_free(&spool->held);
    spool->held = *body;
    spool->from = 0;
    spool->window_len = 0;
    *body = (struct hold){.world = body->world, .memory_limit = body->memory_limit};
}

static int edit(struct sink *sink, const struct header_edit *edits, size_t section, struct hold *body)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    size_t front = spool->front_len;
    struct span before;
    struct text after;
    char *copy;
    int error;

    spool->shown = 0;
    if (edits == NULL && body == NULL)
        return 0;
    if (front == 0 && body == NULL && header_edits_precede(edits))
        section = 0;
    error = section >= front ? gather(spool, section, &before, &copy) : -EIO;
    if (error != 0)
        return error;
    error = header_edit(edits, before, body != NULL, &spool->above, &after);
    mem_free(copy);
    if (error != 0)
        return -ENOMEM;
    put_front(spool, after.ptr, after.len);
    spool->from += section - front;
    if (body != NULL)
        put_body(spool, body);
    return 0;
}

/* Our trace field takes its place in the front. */
static int release(struct sink *sink, struct span trace)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    struct text front = {.size = spool->front_len + trace.len};

    spool->released = true;
    spool->shown = 0;
    if (trace.len == 0)
        return 0;
    front.ptr = mem_alloc(front.size);
    if (front.ptr == NULL)
        return -ENOMEM;
    text_add(&front, span_of(spool->front, spool->above));
    text_add(&front, trace);
    if (spool->front_len != spool->above)
        text_add(&front, span_skip(span_of(spool->front, spool->front_len), spool->above));
    put_front(spool, front.ptr, front.len);
    return 0;
}

static void free_spool(struct sink *sink)
{
    struct sink_spool *spool = (struct sink_spool *)sink;

    hold_free(&spool->held);
    mem_free(spool->front);
    mem_free(spool->window);
    mem_free(spool);
}

struct sink *sink_spool_new(struct session *session, enum sink_framing framing)
{
    static const struct sink_ops ops = {write_content, edit, release, read_content, drain, free_spool};
    struct sink_spool *spool = mem_alloc(sizeof(*spool));

    if (spool == NULL)
        return NULL;
    spool->sink = (struct sink){.ops = &ops, .session = session, .framing = framing};
    spool->held.world = session->world;
    spool->held.memory_limit = session->settings->limits.spool_memory;
    return &spool->sink;
}
