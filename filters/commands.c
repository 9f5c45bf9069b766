/* commands.c: which commands a client may use, how long they are, and how often. Whether a command is legal
 * in the session, and VRFY's usual 252, are left to the session core. */
#include "filters/filters.h"
#include "filters/refusal.h"

struct commands_config {
    struct option_strings allow, deny;
    const char *reply;
    int64_t line_length, max_errors, max_noop, max_rset, max_vrfy, max_recipients;
    struct refusal refusal;
};

struct commands_session {
    int64_t errors, noop, rset, vrfy;
};

struct commands_message {
    int64_t recipients;
};

/* Verbs that an EHLO keyword announces: what is refused is not offered, what is allowed is not hidden. */
static const struct {
    const char *verb, *keyword;
} announced[] = {{"AUTH", "AUTH"}, {"BDAT", "CHUNKING"},     {"ETRN", "ETRN"}, {"EXPN", "EXPN"},
                 {"HELP", "HELP"}, {"STARTTLS", "STARTTLS"}, {"VRFY", "VRFY"}};

/* Verbs that may be used so often in a session. */
static const struct {
    const char *verb, *what;
    size_t limit, count;
} counted[] = {{"NOOP", "NOOP commands", offsetof(struct commands_config, max_noop),
                offsetof(struct commands_session, noop)},
               {"RSET", "RSET commands", offsetof(struct commands_config, max_rset),
                offsetof(struct commands_session, rset)},
               {"VRFY", "address queries", offsetof(struct commands_config, max_vrfy),
                offsetof(struct commands_session, vrfy)},
               {"EXPN", "address queries", offsetof(struct commands_config, max_vrfy),
                offsetof(struct commands_session, vrfy)}};

static bool listed(const struct option_strings *list, struct span verb)
{
    for (size_t i = 0; i < list->count; i++)
        if (span_eq_nocase(span_str(list->items[i]), verb))
            return true;
    return false;
}

static bool permitted(const struct commands_config *config, struct span verb)
{
    return !listed(&config->deny, verb) && (config->allow.count == 0 || listed(&config->allow, verb));
}

static int commands_open(void *opened, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct commands_config *config = opened;

    (void)edits;
    if (config->max_errors == 0)
        *interests &= ~(1u << FILTER_REPLY);
    if (config->max_recipients == 0)
        *interests &= ~(1u << FILTER_RCPT);
    if (config->allow.count == 0 && config->deny.count == 0)
        *interests &= ~(1u << FILTER_CAPABILITIES);
    return refusal_parse(&config->refusal, config->reply, setup, "reply");
}

static enum verdict too_many(struct filter_ctx *ctx, const char *what)
{
    filter_set_reply(ctx, 421, "4.7.0", "Too many %s, closing connection", what);
    filter_set_reason(ctx, "too many %s", what);
    return VERDICT_DISCONNECT;
}

/* Counts a verb that has a limit. NULL, or what there has been too much of. */
static const char *count(const struct commands_config *config, struct commands_session *session,
                         struct span verb)
{
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        int64_t *used = (int64_t *)(void *)((char *)session + counted[i].count);
        const int64_t *limit = (const int64_t *)(const void *)((const char *)config + counted[i].limit);
        if (*limit != 0 && span_eq(span_str(counted[i].verb), verb) && ++*used > *limit)
            return counted[i].what;
    }
    return NULL;
}

static enum verdict commands_on_command(struct filter_ctx *ctx, const struct filter_command *command)
{
    const struct commands_config *config = filter_config(ctx);
    struct commands_session *session = filter_session(ctx);
    size_t line = command->verb.len + (command->arguments.len != 0) + command->arguments.len + 2;
    const char *excess;

    if (session == NULL)
        return VERDICT_FAIL;
    if (config->max_errors != 0 && session->errors >= config->max_errors &&
        !span_eq(command->verb, SPAN("QUIT")))
        return too_many(ctx, "errors");
    if ((excess = count(config, session, command->verb)) != NULL)
        return too_many(ctx, excess);
    if (config->line_length != 0 && line > (uint64_t)config->line_length) {
        filter_set_reply(ctx, 500, "5.5.2", "Line too long"); /* RFC 5321 4.5.3.1.9 */
        filter_set_reason(ctx, "line of %zu octets", line);
        return VERDICT_REJECT;
    }
    if (permitted(config, command->verb))
        return VERDICT_CONTINUE;
    filter_set_reason(ctx, "command %.*s", (int)span_first(command->verb, 20).len, command->verb.ptr);
    return refusal_give(ctx, &config->refusal);
}

static void commands_on_capabilities(struct filter_ctx *ctx, struct filter_capabilities *capabilities)
{
    const struct commands_config *config = filter_config(ctx);

    for (size_t i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
        struct span verb = span_str(announced[i].verb);
        if (!permitted(config, verb))
            filter_hide(capabilities, span_str(announced[i].keyword));
        else if (listed(&config->allow, verb))
            filter_allow(capabilities, span_str(announced[i].keyword));
    }
}

/* Every RCPT counts, accepted or not: pipelined ones are asked before the upstream has answered any. */
static enum verdict commands_on_rcpt(struct filter_ctx *ctx, const struct filter_path *forward_path)
{
    const struct commands_config *config = filter_config(ctx);
    struct commands_message *message = filter_message(ctx);

    (void)forward_path;
    if (message == NULL)
        return VERDICT_FAIL;
    if (++message->recipients <= config->max_recipients)
        return VERDICT_CONTINUE;
    filter_set_reply(ctx, 452, "4.5.3", "Too many recipients"); /* RFC 5321 4.5.3.1.10 */
    return VERDICT_TEMPFAIL;
}

/* The client hears 421 at its next command: RFC 5321 3.8 asks for it before the connection is closed. */
static enum verdict commands_on_reply(struct filter_ctx *ctx, const struct filter_reply *reply)
{
    struct commands_session *session = filter_session(ctx);

    if (session == NULL)
        return VERDICT_FAIL;
    session->errors += reply->code >= 400;
    return VERDICT_CONTINUE;
}

#define ROW(name) offsetof(struct commands_config, name)

static const struct option commands_options[] = {
    {.key = "deny",
     .type = OPTION_STRINGS,
     .offset = ROW(deny),
     .help = "Verbs that are refused; their EHLO keywords are hidden."},
    {.key = "allow",
     .type = OPTION_STRINGS,
     .offset = ROW(allow),
     .help = "If given, every other verb is refused. VRFY, EXPN and ETRN listed here are relayed when the "
             "upstream announces them; otherwise Postern answers them itself (252, 502)."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = ROW(reply),
     .fallback = "502 5.5.1 Command not allowed here",
     .help = "The reply to a refused verb: code, enhanced code, text."},
    {.key = "line_length",
     .type = OPTION_INT,
     .offset = ROW(line_length),
     .max = 65536,
     .help = "Octets of a command line with CRLF; 500 beyond; 0: no limit here."},
    {.key = "max_errors",
     .type = OPTION_INT,
     .offset = ROW(max_errors),
     .max = 1000000,
     .help = "After so many 4xx and 5xx replies in a session the next command is answered 421 and the "
             "connection closed; 0: no limit."},
    {.key = "max_noop",
     .type = OPTION_INT,
     .offset = ROW(max_noop),
     .max = 1000000,
     .help = "NOOP commands in a session; 421 beyond; 0: no limit."},
    {.key = "max_rset",
     .type = OPTION_INT,
     .offset = ROW(max_rset),
     .max = 1000000,
     .help = "RSET commands in a session; 421 beyond; 0: no limit."},
    {.key = "max_vrfy",
     .type = OPTION_INT,
     .offset = ROW(max_vrfy),
     .max = 1000000,
     .help = "VRFY and EXPN commands together in a session; 421 beyond; 0: no limit."},
    {.key = "max_recipients",
     .type = OPTION_INT,
     .offset = ROW(max_recipients),
     .max = 1000000,
     .help = "RCPT commands in a transaction; 452 4.5.3 beyond; 0: no limit here."},
    {.key = NULL}};

const struct filter filter_commands = {
    .api = FILTER_API,
    .name = "commands",
    .help = "Allows and refuses commands, and limits how long and how frequent they are.",
    .options = commands_options,
    .config_size = sizeof(struct commands_config),
    .session_size = sizeof(struct commands_session),
    .message_size = sizeof(struct commands_message),
    .open = commands_open,
    .on_command = commands_on_command,
    .on_capabilities = commands_on_capabilities,
    .on_rcpt = commands_on_rcpt,
    .on_reply = commands_on_reply,
};
