/* passage.c: dot_read() to dot_write(), in pieces of any size. */
#include "passage.h"

#include <assert.h>

/* Stuffed content to the end of `to`, with room for only so many octets at a time. */
static void send(struct dot_writer *writer, struct span content, size_t room, char *to, size_t *len)
{
    while (content.len != 0) {
        struct text text = {to + *len, 0, room, false};
        size_t n = dot_write(writer, content, &text);
        assert(n != 0 && text.len <= room && !text.cut);
        *len += text.len;
        content = span_skip(content, n);
    }
}

static void send_end(const struct dot_writer *writer, char *to, size_t *len)
{
    struct span end = dot_end(writer);

    memcpy(to + *len, end.ptr, end.len);
    *len += end.len;
}

static void take(struct passage *passage, struct dot_writer *writer, struct span run, size_t room)
{
    memcpy(passage->content + passage->len, run.ptr, run.len);
    passage->len += run.len;
    send(writer, run, room, passage->upstream, &passage->sent);
}

void passage_go(struct passage *passage, struct span input, enum dot_policy policy, size_t piece, size_t room)
{
    struct dot_reader reader = {.policy = policy, .line_limit = PASSAGE_LINE_LIMIT};
    struct dot_writer writer = {0};
    enum dot_event event = DOT_MORE;
    size_t at = 0, from;

    passage->input = input;
    passage->policy = policy;
    passage->len = passage->sent = 0;
    for (size_t until = 0; until < input.len && event != DOT_END;) {
        until = input.len - until > piece ? until + piece : input.len;
        while (at < until && event != DOT_END) {
            struct span run;
            from = at;
            at += dot_read(&reader, span_of(input.ptr + at, until - at), &run, &event);
            assert(at > from && at <= until && (event == DOT_CONTENT) == (run.len != 0));
            if (run.len != 0)
                take(passage, &writer, run, room);
        }
    }
    passage->end = event == DOT_END ? at : 0;
    passage->faults = reader.faults;
    if (passage_accepted(passage))
        send_end(&writer, passage->upstream, &passage->sent);
}

size_t passage_held(const struct passage *passage, char *upstream)
{
    struct dot_writer writer = {0};
    size_t len = 0;

    send(&writer, span_of(passage->content, passage->len), sizeof(passage->upstream) / 2, upstream, &len);
    if (passage_accepted(passage))
        send_end(&writer, upstream, &len);
    return len;
}
