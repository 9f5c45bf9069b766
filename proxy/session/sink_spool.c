/* sink_spool.c: content is held, in memory up to a bound and then in a file, until it is released; then it
 * flows. Framing is left to sink.c. */
#include "session/sink.h"

#include <errno.h>

#include "base/mem.h"

#define READ_OCTETS 16384 /* read back from the file at a time */

struct sink_spool {
    struct sink sink;
    struct spool_file *file;
    char *head;   /* to go first: our field, the fields that filters add, the section if it is edited */
    char *held;   /* the first octets of the content */
    char *window; /* what has been read back from the file */
    size_t head_len, head_sent;
    size_t held_len, held_size, held_sent;
    size_t window_len, window_sent;
    uint64_t filed, unfiled; /* octets in the file, and of them already read back */
    bool released;
};

static int hold_in_memory(struct sink_spool *spool, struct span content)
{
    size_t need = spool->held_len + content.len;
    size_t size = spool->held_size != 0 ? spool->held_size : 4096;
    char *grown;

    while (size < need)
        size *= 2;
    if (size != spool->held_size) {
        grown = mem_resize(spool->held, size);
        if (grown == NULL)
            return -ENOMEM;
        spool->held = grown;
        spool->held_size = size;
    }
    memcpy(spool->held + spool->held_len, content.ptr, content.len);
    spool->held_len = need;
    return 0;
}

static int hold_in_file(struct sink_spool *spool, struct span content)
{
    struct world *world = spool->sink.session->world;
    int error;

    if (spool->file == NULL)
        spool->file = world->ops->spool_open(world);
    if (spool->file == NULL)
        return -ENOSPC;
    error = world->ops->spool_write(world, spool->file, content);
    if (error == 0)
        spool->filed += content.len;
    return error;
}

/* Sends ptr[*sent..len). */
static enum sink_result send_part(struct sink *sink, const char *ptr, size_t len, size_t *sent)
{
    while (*sent < len) {
        long n = sink_send(sink, span_of(ptr + *sent, len - *sent));
        if (n <= 0)
            return n == 0 ? SINK_WAIT : SINK_FAILED;
        *sent += (size_t)n;
    }
    return SINK_DONE;
}

static enum sink_result send_file(struct sink_spool *spool)
{
    struct world *world = spool->sink.session->world;
    enum sink_result result;
    long n;

    for (;;) {
        result = send_part(&spool->sink, spool->window, spool->window_len, &spool->window_sent);
        if (result != SINK_DONE || spool->unfiled == spool->filed)
            return result;
        if (spool->window == NULL)
            spool->window = mem_alloc(READ_OCTETS);
        if (spool->window == NULL)
            return SINK_FAILED;
        n = world->ops->spool_read(world, spool->file, spool->unfiled, spool->window, READ_OCTETS);
        if (n <= 0)
            return SINK_FAILED;
        spool->window_len = (size_t)n;
        spool->window_sent = 0;
        spool->unfiled += (uint64_t)n;
    }
}

static enum sink_result drain(struct sink *sink)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    enum sink_result result = send_part(sink, spool->head, spool->head_len, &spool->head_sent);

    if (result == SINK_DONE)
        result = send_part(sink, spool->held, spool->held_len, &spool->held_sent);
    if (result == SINK_DONE)
        result = send_file(spool);
    return result;
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
    if (spool->file == NULL && spool->held_len + content.len <= sink->session->settings->limits.spool_memory)
        error = hold_in_memory(spool, content);
    else
        error = hold_in_file(spool, content);
    return error != 0 ? error : (long)content.len;
}

/* Copies octets of the content from the front of the file. */
static int read_back(struct sink_spool *spool, char *to, size_t len)
{
    struct world *world = spool->sink.session->world;

    for (size_t done = 0; done < len;) {
        long n = world->ops->spool_read(world, spool->file, done, to + done, len - done);
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        done += (size_t)n;
    }
    return 0;
}

/* The header section leaves what is held, and stands, edited, in the head. */
static int edit_section(struct sink_spool *spool, struct span trace, const struct header_edit *edits,
                        size_t section, struct text *head)
{
    size_t in_memory = section < spool->held_len ? section : spool->held_len;
    size_t in_file = section - in_memory;
    struct span held = span_of(spool->held, in_memory);
    char *whole = NULL;
    int error = 0;

    if (in_file != 0) {
        whole = mem_alloc(section);
        if (whole == NULL)
            return -ENOMEM;
        if (held.len != 0)
            memcpy(whole, held.ptr, held.len);
        error = read_back(spool, whole + held.len, in_file);
        held = span_of(whole, section);
    }
    if (error == 0 && header_edit(edits, held, trace, head) != 0)
        error = -ENOMEM;
    mem_free(whole);
    spool->held_sent = in_memory;
    spool->unfiled = in_file;
    return error;
}

static int release(struct sink *sink, struct span trace, const struct header_edit *edits, size_t section)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    struct text head;
    int error = edit_section(spool, trace, edits, header_edits_precede(edits) ? 0 : section, &head);

    if (error != 0)
        return error;
    spool->head = head.ptr;
    spool->head_len = head.len;
    spool->released = true;
    return 0;
}

static void free_spool(struct sink *sink)
{
    struct sink_spool *spool = (struct sink_spool *)sink;
    struct world *world = sink->session->world;

    if (spool->file != NULL)
        world->ops->spool_close(world, spool->file);
    mem_free(spool->head);
    mem_free(spool->held);
    mem_free(spool->window);
    mem_free(spool);
}

struct sink *sink_spool_new(struct session *session, enum sink_framing framing)
{
    static const struct sink_ops ops = {write_content, release, drain, free_spool};
    struct sink_spool *spool = mem_alloc(sizeof(*spool));

    if (spool == NULL)
        return NULL;
    spool->sink = (struct sink){.ops = &ops, .session = session, .framing = framing};
    return &spool->sink;
}
