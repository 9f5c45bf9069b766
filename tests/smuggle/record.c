/* record.c: the filter that writes down what it is shown. */
#include "record.h"

struct record record;

/* Octets of streams up to the end of the last message that had one. */
static size_t complete[RECORD_STREAMS];

void record_clear(void)
{
    for (size_t i = 0; i < RECORD_STREAMS; i++)
        record.streams[i].len = complete[i] = 0;
}

void record_copy(struct record *to)
{
    for (size_t i = 0; i < RECORD_STREAMS; i++) {
        to->streams[i].len = 0;
        lab_bytes_add(&to->streams[i], lab_bytes_from(&record.streams[i], 0));
    }
}

bool record_same(const struct record *a, const struct record *b)
{
    bool same = true;

    for (size_t i = 0; i < RECORD_STREAMS && same; i++)
        same = span_eq(lab_bytes_from(&a->streams[i], 0), lab_bytes_from(&b->streams[i], 0));
    return same;
}

void record_free(struct record *copy)
{
    for (size_t i = 0; i < RECORD_STREAMS; i++)
        lab_bytes_free(&copy->streams[i]);
}

static void add(enum record_stream stream, struct span s)
{
    lab_bytes_add(&record.streams[stream], s);
}

static void note_in(enum record_stream stream, const char *event, struct span first, struct span second)
{
    add(stream, span_str(event));
    add(stream, SPAN(" "));
    add(stream, first);
    add(stream, SPAN(" "));
    add(stream, second);
    add(stream, SPAN("\n"));
}

static enum verdict note(const char *event, struct span first, struct span second)
{
    note_in(RECORD_EVENTS, event, first, second);
    return VERDICT_CONTINUE;
}

static enum verdict on_connect(struct filter_ctx *ctx)
{
    return note("connect", filter_facts(ctx)->client, filter_facts(ctx)->listener);
}

static enum verdict on_command(struct filter_ctx *ctx, const struct filter_command *command)
{
    (void)ctx;
    return note("command", command->verb, command->arguments);
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    (void)ctx;
    return note("helo", name, SPAN(""));
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    (void)ctx;
    return note("mail", path->address, path->parameters);
}

static enum verdict on_rcpt(struct filter_ctx *ctx, const struct filter_path *path)
{
    (void)ctx;
    return note("rcpt", path->address, path->parameters);
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    (void)ctx;
    note_in(RECORD_HEADERS, "header", name, value);
    return VERDICT_CONTINUE;
}

static enum verdict on_end_of_headers(struct filter_ctx *ctx)
{
    (void)ctx;
    add(RECORD_HEADERS, SPAN("end of headers\n"));
    return VERDICT_CONTINUE;
}

static enum verdict on_content(struct filter_ctx *ctx, struct span bytes)
{
    (void)ctx;
    add(RECORD_CONTENT, bytes);
    return VERDICT_CONTINUE;
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    (void)ctx;
    add(RECORD_BODY, bytes);
    return VERDICT_CONTINUE;
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    (void)ctx;
    for (size_t i = RECORD_HEADERS; i < RECORD_STREAMS; i++) {
        add((enum record_stream)i, SPAN("end of message"));
        complete[i] = record.streams[i].len;
    }
    return note("end of message", SPAN(""), SPAN(""));
}

static enum verdict on_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    char code[] = {(char)('0' + reply->code / 100 % 10), (char)('0' + reply->code / 10 % 10),
                   (char)('0' + reply->code % 10), reply->local ? '*' : ' '};

    (void)ctx;
    note_in(RECORD_REPLIES, "reply", reply->verb, span_of(code, sizeof(code)));
    note_in(RECORD_REPLIES, "text", reply->text, SPAN(""));
    return VERDICT_CONTINUE;
}

/* How much of a message that was given up had been shown depends on when octets came: it is forgotten. */
static void on_abort(struct filter_ctx *ctx)
{
    (void)ctx;
    for (size_t i = RECORD_HEADERS; i < RECORD_STREAMS; i++)
        record.streams[i].len = complete[i];
    (void)note("abort", SPAN(""), SPAN(""));
}

static void on_close(struct filter_ctx *ctx)
{
    (void)ctx;
    (void)note("close", SPAN(""), SPAN(""));
}

const struct filter record_filter = {
    .api = FILTER_API,
    .name = "record",
    .help = "Writes down what it is shown.",
    .session_size = 1,
    .message_size = 1,
    .on_connect = on_connect,
    .on_command = on_command,
    .on_helo = on_helo,
    .on_mail = on_mail,
    .on_rcpt = on_rcpt,
    .on_header = on_header,
    .on_end_of_headers = on_end_of_headers,
    .on_content = on_content,
    .on_body = on_body,
    .on_end_of_message = on_end_of_message,
    .on_reply = on_reply,
    .on_abort = on_abort,
    .on_close = on_close,
};
