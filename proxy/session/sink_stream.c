/* sink_stream.c: content goes on as it comes; only the end of data waits. Framing is left to sink.c. */
#include "session/sink.h"

#include <errno.h>

#include "base/mem.h"

struct sink_stream {
    struct sink sink;
    char *head; /* our header field, still to be sent; NULL: none */
    size_t head_len, head_sent;
};

static enum sink_result drain(struct sink *sink)
{
    struct sink_stream *stream = (struct sink_stream *)sink;

    while (stream->head_sent < stream->head_len) {
        long n =
            sink_send(sink, span_of(stream->head + stream->head_sent, stream->head_len - stream->head_sent));
        if (n <= 0)
            return n == 0 ? SINK_WAIT : SINK_FAILED;
        stream->head_sent += (size_t)n;
    }
    return SINK_DONE;
}

static long write_content(struct sink *sink, struct span content)
{
    switch (drain(sink)) {
    case SINK_WAIT:
        return 0;
    case SINK_FAILED:
        return -EIO;
    case SINK_DONE:
        break;
    }
    return sink_send(sink, content);
}

static int release(struct sink *sink, struct span trace)
{
    struct sink_stream *stream = (struct sink_stream *)sink;

    if (trace.len == 0)
        return 0;
    stream->head = mem_copy(trace);
    if (stream->head == NULL)
        return -ENOMEM;
    stream->head_len = trace.len;
    return 0;
}

static void free_stream(struct sink *sink)
{
    struct sink_stream *stream = (struct sink_stream *)sink;

    mem_free(stream->head);
    mem_free(stream);
}

struct sink *sink_stream_new(struct session *session, enum sink_framing framing)
{
    static const struct sink_ops ops = {write_content, NULL, release, NULL, drain, free_stream};
    struct sink_stream *stream = mem_alloc(sizeof(*stream));

    if (stream == NULL)
        return NULL;
    stream->sink = (struct sink){.ops = &ops, .session = session, .framing = framing};
    return &stream->sink;
}
