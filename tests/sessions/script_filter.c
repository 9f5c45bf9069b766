/* script_filter.c: answers one event as its configuration says: at once, after a while, or never. */
#include "script_filter.h"

#include <stdio.h>

#include "postern/filter_io.h"

struct script_config {
    uint64_t events; /* bits of the words below */
    int verdict;
    uint64_t after;
    int64_t code;
    const char *enhanced;
    const char *text;
    const char *contains;
    const char *add, *prepend, *append, *change, *remove, *body;
    bool sees, show;
    const char *sender, *add_recipient, *delete_recipient, *parameters;
    bool tell, named, facts;
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
    {.key = "prepend", .type = OPTION_STRING, .offset = ROW(prepend), .help = "Name of one to prepend."},
    {.key = "append", .type = OPTION_STRING, .offset = ROW(append), .help = "Name of one to append."},
    {.key = "change", .type = OPTION_STRING, .offset = ROW(change), .help = "Name of one to change."},
    {.key = "remove", .type = OPTION_STRING, .offset = ROW(remove), .help = "Name of one to remove."},
    {.key = "sender", .type = OPTION_STRING, .offset = ROW(sender), .help = "The sender from now on."},
    {.key = "add_recipient", .type = OPTION_STRING, .offset = ROW(add_recipient), .help = "One more."},
    {.key = "delete_recipient", .type = OPTION_STRING, .offset = ROW(delete_recipient), .help = "One less."},
    {.key = "parameters",
     .type = OPTION_STRING,
     .offset = ROW(parameters),
     .help = "ESMTP parameters of the sender or recipient given."},
    {.key = "named", .type = OPTION_BOOL, .offset = ROW(named), .help = "Needs the client's name."},
    {.key = "facts", .type = OPTION_BOOL, .offset = ROW(facts), .help = "Logs who the client is."},
    {.key = "body", .type = OPTION_STRING, .offset = ROW(body), .help = "The body from now on."},
    {.key = "sees", .type = OPTION_BOOL, .offset = ROW(sees), .help = "Sees the edits of others."},
    {.key = "show", .type = OPTION_BOOL, .offset = ROW(show), .help = "Logs the message as it is shown."},
    {.key = "tell", .type = OPTION_BOOL, .offset = ROW(tell), .help = "Logs cancel, abort and close."},
    {.key = NULL}};

static int open_script(void *memory, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    const struct script_config *config = memory;

    (void)setup;
    *interests = (unsigned)config->events;
    if (config->add != NULL || config->prepend != NULL || config->append != NULL || config->change != NULL ||
        config->remove != NULL)
        *edits =
            (config->events >> FILTER_END_OF_MESSAGE & 1u) != 0 ? FILTER_EDITS_MESSAGE : FILTER_EDITS_HEADERS;
    *edits |= (config->body != NULL ? FILTER_EDITS_BODY : 0) | (config->sees ? FILTER_SEES_EDITS : 0);
    if (config->sender != NULL || config->add_recipient != NULL || config->delete_recipient != NULL)
        *edits |= FILTER_EDITS_ENVELOPE;
    if (config->verdict == VERDICT_QUARANTINE)
        *edits |= FILTER_QUARANTINES;
    if (config->named)
        *edits |= FILTER_NEEDS_CLIENT_NAME;
    return 0;
}

static int as_text(struct span s)
{
    return s.ptr != NULL ? (int)s.len : 1;
}

static void show_facts(struct filter_ctx *ctx)
{
    const struct filter_facts *facts = filter_facts(ctx);
    struct span name = facts->client_name, how = facts->authentication, who = facts->identity;

    filter_log(ctx, "name %.*s authentication %.*s identity %.*s", as_text(name),
               name.ptr != NULL ? name.ptr : "-", as_text(how), how.ptr != NULL ? how.ptr : "-", as_text(who),
               who.ptr != NULL ? who.ptr : "-");
}

static bool edit_envelope(struct filter_ctx *ctx, const struct script_config *config)
{
    struct span parameters = span_str(config->parameters);

    return (config->sender == NULL || filter_change_sender(ctx, span_str(config->sender), parameters) == 0) &&
           (config->add_recipient == NULL ||
            filter_add_recipient(ctx, span_str(config->add_recipient), parameters) == 0) &&
           (config->delete_recipient == NULL ||
            filter_delete_recipient(ctx, span_str(config->delete_recipient)) == 0);
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
           (config->prepend == NULL || filter_prepend_header(ctx, span_str(config->prepend), yes) == 0) &&
           (config->append == NULL || filter_append_header(ctx, span_str(config->append), yes) == 0) &&
           (config->change == NULL || filter_change_header(ctx, span_str(config->change), 1, yes) == 0) &&
           (config->remove == NULL || filter_delete_header(ctx, span_str(config->remove), 1) == 0) &&
           (config->body == NULL || filter_replace_body(ctx, span_str(config->body)) == 0);
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
    if (config->facts)
        show_facts(ctx);
    if (!edit(ctx, config) || !edit_envelope(ctx, config))
        return VERDICT_FAIL;
    if (config->verdict == VERDICT_PENDING)
        return VERDICT_PENDING;
    if (config->after == 0)
        return decide(ctx);
    return filter_timer(ctx, config->after, later) == 0 ? VERDICT_PENDING : VERDICT_FAIL;
}

static void show(struct filter_ctx *ctx, const char *what, struct span name, struct span value)
{
    const struct script_config *config = filter_config(ctx);

    if (config->show)
        filter_log(ctx, "%s %.*s%.*s", what, (int)name.len, name.ptr, (int)value.len,
                   value.ptr != NULL ? value.ptr : "");
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

/* About the answer: its code and text, and whose it is. */
static enum verdict recipient(struct filter_ctx *ctx, const struct filter_path *about,
                              const struct filter_reply *reply)
{
    const struct script_config *config = filter_config(ctx);
    char answered[600];
    int n;

    n = snprintf(answered, sizeof(answered), "%.*s %u %.*s%s", (int)about->address.len, about->address.ptr,
                 reply->code, (int)reply->text.len, reply->text.ptr != NULL ? reply->text.ptr : "",
                 reply->local ? " (local)" : "");
    if (config->tell)
        filter_log(ctx, "recipient %s", answered);
    return answer(ctx, span_of(answered, (size_t)n));
}

static enum verdict header(struct filter_ctx *ctx, struct span name, struct span value)
{
    show(ctx, "saw field", name, value);
    return answer(ctx, name);
}

static enum verdict content(struct filter_ctx *ctx, struct span bytes)
{
    show(ctx, "saw content", SPAN(""), bytes);
    return answer(ctx, bytes);
}

static enum verdict body(struct filter_ctx *ctx, struct span bytes)
{
    show(ctx, "saw body", SPAN(""), bytes);
    return answer(ctx, bytes);
}

static enum verdict end_of_message(struct filter_ctx *ctx)
{
    show(ctx, "saw end", SPAN(""), SPAN(""));
    return answer(ctx, SPAN(""));
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
    .on_recipient = recipient,
    .on_data = nothing,
    .on_header = header,
    .on_end_of_headers = nothing,
    .on_content = content,
    .on_body = body,
    .on_part = part,
    .on_end_of_message = end_of_message,
    .on_reply = reply,
    .cancel = cancel,
    .on_abort = on_abort,
    .on_close = on_close,
};
