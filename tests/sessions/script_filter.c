/* script_filter.c: answers one event as its configuration says: at once, after a while, or never. */
#include "script_filter.h"

#include "postern/filter_io.h"

struct script_config {
    uint64_t events; /* bits of the words below */
    int verdict;
    uint64_t after;
    int64_t code;
    const char *enhanced;
    const char *text;
    const char *contains;
    const char *add, *append, *change, *remove;
    bool tell;
};

static const char *const events[] = {
    "connect", "command",        "helo",    "capabilities", "mail", "rcpt",           "recipient", "data",
    "header",  "end-of-headers", "content", "body",         "part", "end-of-message", "reply",     NULL};
static const char *const verdicts[] = {"continue",   "accept",     "skip",  "reject", "tempfail", "discard",
                                       "quarantine", "disconnect", "never", "fail",   NULL};

#define ROW(member) offsetof(struct script_config, member)
static const struct option options[] = {
    {.key = "on", .type = OPTION_WORDS, .offset = ROW(events), .words = events, .help = "Events answered."},
    {.key = "verdict",
     .type = OPTION_ENUM,
     .offset = ROW(verdict),
     .words = verdicts,
     .fallback = "continue",
     .help = "The answer."},
    {.key = "after",
     .type = OPTION_DURATION,
     .offset = ROW(after),
     .help = "The answer comes so much later."},
    {.key = "code", .type = OPTION_INT, .offset = ROW(code), .max = 599, .help = "Reply code."},
    {.key = "enhanced", .type = OPTION_STRING, .offset = ROW(enhanced), .help = "Enhanced code."},
    {.key = "text", .type = OPTION_STRING, .offset = ROW(text), .help = "Reply text."},
    {.key = "contains",
     .type = OPTION_STRING,
     .offset = ROW(contains),
     .help = "Only if what the event is about contains this."},
    {.key = "add", .type = OPTION_STRING, .offset = ROW(add), .help = "Name of a header field to add."},
    {.key = "append", .type = OPTION_STRING, .offset = ROW(append), .help = "Name of one to append."},
    {.key = "change", .type = OPTION_STRING, .offset = ROW(change), .help = "Name of one to change."},
    {.key = "remove", .type = OPTION_STRING, .offset = ROW(remove), .help = "Name of one to remove."},
    {.key = "tell", .type = OPTION_BOOL, .offset = ROW(tell), .help = "Logs cancel, abort and close."},
    {.key = NULL}};

static int open_script(void *memory, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    const struct script_config *config = memory;

    (void)setup;
    *interests = (unsigned)config->events;
    if (config->add != NULL || config->append != NULL || config->change != NULL || config->remove != NULL)
        *edits =
            (config->events >> FILTER_END_OF_MESSAGE & 1u) != 0 ? FILTER_EDITS_MESSAGE : FILTER_EDITS_HEADERS;
    return 0;
}

static enum verdict decide(struct filter_ctx *ctx)
{
    const struct script_config *config = filter_config(ctx);

    if (config->code != 0)
        filter_set_reply(ctx, (unsigned)config->code, config->enhanced, "%s",
                         config->text != NULL ? config->text : "No");
    filter_set_reason(ctx, "as scripted");
    return (enum verdict)config->verdict;
}

static bool edit(struct filter_ctx *ctx, const struct script_config *config)
{
    struct span yes = SPAN("yes");

    return (config->add == NULL || filter_add_header(ctx, span_str(config->add), yes) == 0) &&
           (config->append == NULL || filter_append_header(ctx, span_str(config->append), yes) == 0) &&
           (config->change == NULL || filter_change_header(ctx, span_str(config->change), 1, yes) == 0) &&
           (config->remove == NULL || filter_delete_header(ctx, span_str(config->remove), 1) == 0);
}

static void later(struct filter_ctx *ctx)
{
    filter_resume(ctx, decide(ctx));
}

static enum verdict answer(struct filter_ctx *ctx, struct span about)
{
    const struct script_config *config = filter_config(ctx);

    if (config->contains != NULL &&
        (about.len == 0 || memmem(about.ptr, about.len, config->contains, strlen(config->contains)) == NULL))
        return VERDICT_CONTINUE;
    if (!edit(ctx, config))
        return VERDICT_FAIL;
    if (config->verdict == VERDICT_PENDING)
        return VERDICT_PENDING;
    if (config->after == 0)
        return decide(ctx);
    return filter_timer(ctx, config->after, later) == 0 ? VERDICT_PENDING : VERDICT_FAIL;
}

static enum verdict nothing(struct filter_ctx *ctx)
{
    return answer(ctx, span_of(NULL, 0));
}

static enum verdict command(struct filter_ctx *ctx, const struct filter_command *about)
{
    return answer(ctx, about->verb);
}

static enum verdict path(struct filter_ctx *ctx, const struct filter_path *about)
{
    return answer(ctx, about->address);
}

static enum verdict header(struct filter_ctx *ctx, struct span name, struct span value)
{
    (void)value;
    return answer(ctx, name);
}

/* About its name or its octets, whichever it has. */
static enum verdict part(struct filter_ctx *ctx, const struct filter_part *about,
                         const struct filter_piece *piece)
{
    const struct script_config *config = filter_config(ctx);

    if (config->tell)
        filter_log(ctx, "part %u %.*s/%.*s kind %d %.*s", about->index, (int)about->type.len, about->type.ptr,
                   (int)about->subtype.len, about->subtype.ptr, (int)piece->kind, (int)piece->name.len,
                   piece->name.ptr != NULL ? piece->name.ptr : "");
    return answer(ctx, piece->value.len != 0 ? piece->value : piece->name);
}

static enum verdict reply(struct filter_ctx *ctx, const struct filter_reply *about)
{
    enum verdict verdict = answer(ctx, about->text);

    return verdict == VERDICT_DISCONNECT ? verdict : VERDICT_CONTINUE;
}

static void tell(struct filter_ctx *ctx, const char *what)
{
    const struct script_config *config = filter_config(ctx);

    if (config->tell)
        filter_log(ctx, "%s", what);
}

static void cancel(struct filter_ctx *ctx)
{
    tell(ctx, "cancelled");
}

static void on_abort(struct filter_ctx *ctx)
{
    tell(ctx, "aborted");
}

static void on_close(struct filter_ctx *ctx)
{
    tell(ctx, "closed");
}

const struct filter script_filter = {
    .api = FILTER_API,
    .name = "script",
    .help = "Answers as told.",
    .options = options,
    .config_size = sizeof(struct script_config),
    .session_size = 1,
    .message_size = 1,
    .open = open_script,
    .on_connect = nothing,
    .on_command = command,
    .on_helo = answer,
    .on_mail = path,
    .on_rcpt = path,
    .on_data = nothing,
    .on_header = header,
    .on_end_of_headers = nothing,
    .on_content = answer,
    .on_body = answer,
    .on_part = part,
    .on_end_of_message = nothing,
    .on_reply = reply,
    .cancel = cancel,
    .on_abort = on_abort,
    .on_close = on_close,
};
