/* chain_script.h: a filter for tests that answers as its configuration says, and keeps count of what it was
 * asked and told. */
#ifndef CHAIN_SCRIPT_H
#define CHAIN_SCRIPT_H

#include "chain_world.h"
#include "postern/filter_io.h"

/* The configuration. Written by the test, read and counted up by the filter. */
struct script {
    enum verdict verdict[FILTER_EVENTS]; /* the answer to each event */
    unsigned code;                       /* set_reply() with it when not 0 */
    const char *enhanced;
    const char *more;    /* lines behind the text, */
    unsigned more_lines; /* so many */
    const char *text;
    const char *reason;
    const char *header;    /* added with value "yes" at every event where it can be */
    uint64_t timer;        /* resume after so long; 0: by the test */
    enum verdict answer;   /* what is then resumed with */
    const char *rewrite;   /* on_reply: new text */
    unsigned rewrite_code; /* and code */
    struct filter_ctx *ctx;
    unsigned asked[FILTER_EVENTS];
    unsigned cancelled, aborted, closed, shut;
    int header_result;
    char seen[64]; /* the reply as on_reply last saw it */
};

static inline struct script *script_of(struct filter_ctx *ctx)
{
    return (struct script *)(uintptr_t)filter_config(ctx);
}

static inline void script_answer(struct filter_ctx *ctx)
{
    filter_resume(ctx, script_of(ctx)->answer);
}

static inline enum verdict script_act(struct filter_ctx *ctx, enum filter_event event)
{
    struct script *script = script_of(ctx);

    script->ctx = ctx;
    script->asked[event]++;
    if (script->code != 0)
        filter_set_reply(ctx, script->code, script->enhanced, "%s", script->text);
    for (unsigned n = 0; n < script->more_lines; n++)
        filter_add_reply_line(ctx, "%s", script->more);
    if (script->reason != NULL)
        filter_set_reason(ctx, "%s", script->reason);
    if (script->header != NULL)
        script->header_result = filter_add_header(ctx, span_str(script->header), SPAN("yes"));
    if (script->timer != 0)
        CHECK(filter_timer(ctx, script->timer, script_answer) == 0);
    return script->verdict[event];
}

static inline enum verdict script_connect(struct filter_ctx *ctx)
{
    return script_act(ctx, FILTER_CONNECT);
}

static inline enum verdict script_command(struct filter_ctx *ctx, const struct filter_command *command)
{
    CHECK(command->verb.len != 0);
    return script_act(ctx, FILTER_COMMAND);
}

static inline enum verdict script_helo(struct filter_ctx *ctx, struct span name)
{
    CHECK_SPAN(name, SPAN("client.example"));
    return script_act(ctx, FILTER_HELO);
}

static inline enum verdict script_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    CHECK_SPAN(path->address, SPAN("user@example.org"));
    return script_act(ctx, FILTER_MAIL);
}

static inline enum verdict script_rcpt(struct filter_ctx *ctx, const struct filter_path *path)
{
    CHECK_SPAN(path->domain, SPAN("example.org"));
    return script_act(ctx, FILTER_RCPT);
}

static inline enum verdict script_recipient(struct filter_ctx *ctx, const struct filter_path *path,
                                            const struct filter_reply *reply)
{
    CHECK_SPAN(path->domain, SPAN("example.org"));
    CHECK(reply->code == 250);
    return script_act(ctx, FILTER_RECIPIENT);
}

static inline enum verdict script_data(struct filter_ctx *ctx)
{
    return script_act(ctx, FILTER_DATA);
}

static inline enum verdict script_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    CHECK_SPAN(name, SPAN("Subject"));
    CHECK_SPAN(value, SPAN(" hello"));
    return script_act(ctx, FILTER_HEADER);
}

static inline enum verdict script_end_of_headers(struct filter_ctx *ctx)
{
    return script_act(ctx, FILTER_END_OF_HEADERS);
}

static inline enum verdict script_content(struct filter_ctx *ctx, struct span bytes)
{
    CHECK_SPAN(bytes, SPAN("some bytes\r\n"));
    return script_act(ctx, FILTER_CONTENT);
}

static inline enum verdict script_body(struct filter_ctx *ctx, struct span bytes)
{
    CHECK_SPAN(bytes, SPAN("some bytes\r\n"));
    return script_act(ctx, FILTER_BODY);
}

static inline enum verdict script_part(struct filter_ctx *ctx, const struct filter_part *part,
                                       const struct filter_piece *piece)
{
    (void)part;
    (void)piece;
    return script_act(ctx, FILTER_PART);
}

static inline enum verdict script_end_of_message(struct filter_ctx *ctx)
{
    return script_act(ctx, FILTER_END_OF_MESSAGE);
}

static inline enum verdict script_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    struct script *script = script_of(ctx);

    snprintf(script->seen, sizeof(script->seen), "%u %.*s", reply->code, (int)reply->text.len,
             reply->text.ptr);
    if (script->rewrite != NULL)
        filter_rewrite_reply(ctx, script->rewrite_code, script->enhanced, span_str(script->rewrite));
    return script_act(ctx, FILTER_REPLY);
}

static inline void script_cancel(struct filter_ctx *ctx)
{
    script_of(ctx)->cancelled++;
}

static inline void script_abort(struct filter_ctx *ctx)
{
    script_of(ctx)->aborted++;
}

static inline void script_close(struct filter_ctx *ctx)
{
    script_of(ctx)->closed++;
}

static inline void script_shut(void *config)
{
    ((struct script *)config)->shut++;
}

static const struct filter script_filter = {
    .api = FILTER_API,
    .name = "script",
    .session_size = 8,
    .message_size = 8,
    .shut = script_shut,
    .on_connect = script_connect,
    .on_command = script_command,
    .on_helo = script_helo,
    .on_mail = script_mail,
    .on_rcpt = script_rcpt,
    .on_recipient = script_recipient,
    .on_data = script_data,
    .on_header = script_header,
    .on_end_of_headers = script_end_of_headers,
    .on_content = script_content,
    .on_body = script_body,
    .on_part = script_part,
    .on_end_of_message = script_end_of_message,
    .on_reply = script_reply,
    .cancel = script_cancel,
    .on_abort = script_abort,
    .on_close = script_close,
};

/* Appends a scripted filter that enforces, may edit, and tempfails when it fails. */
static inline void script_add(struct fake_session *session, struct script *script, const char *name,
                              enum chain_mode mode, enum chain_failure on_failure)
{
    struct chain_member member = {.filter = &script_filter,
                                  .name = name,
                                  .config = script,
                                  .interests = ~0u,
                                  .edits = FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE,
                                  .mode = mode,
                                  .on_failure = on_failure,
                                  .time_limit = 1000};

    CHECK(chain_add(session->chain, &member) == 0);
}

#endif
