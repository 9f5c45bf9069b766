/* passage.c: dot_read() to dot_write(), in pieces of any size. */
#include "passage.h"

#include <assert.h>

static void send(struct passage *passage, struct dot_writer *writer, struct span content, size_t room)
{
    memcpy(passage->content + passage->len, content.ptr, content.len);
    passage->len += content.len;
    while (content.len != 0) {
        struct text text = {passage->upstream + passage->sent, 0, room, false};
        size_t n = dot_write(writer, content, &text);
        assert(n != 0 && text.len <= room && !text.cut);
        passage->sent += text.len;
        content = span_skip(content, n);
    }
}

static void send_end(struct passage *passage, const struct dot_writer *writer)
{
    struct span end = dot_end(writer);

    memcpy(passage->upstream + passage->sent, end.ptr, end.len);
    passage->sent += end.len;
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
                send(passage, &writer, run, room);
        }
    }
    passage->end = event == DOT_END ? at : 0;
    passage->faults = reader.faults;
    if (passage_accepted(passage))
        send_end(passage, &writer);
}
