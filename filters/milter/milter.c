/* milter.c: the filters `milter` and `milter-module`: shows sessions and messages to a milter, and does as it
 * says. The connection is left to client.c, the keys to options*.c. */
#include "filters/filters.h"
#include "filters/milter/client.h"
#include "filters/milter/options.h"
#include "filters/milter/tell.h"
#include "filters/networks.h"

/* --- who is shown to it --------------------------------------------------------------------------------- */

static bool listed(const struct option_strings *list, struct span item)
{
    for (size_t i = 0; i < list->count; i++)
        if (span_eq(span_str(list->items[i]), item))
            return true;
    return list->count == 0;
}

/* By what is known of a session from its begin on. */
static bool concerns(const struct milter_config *config, const struct filter_facts *facts)
{
    if (!listed(&config->listeners, facts->listener))
        return false;
    if (config->networks.count != 0 &&
        !networks_match(&config->networks, facts->client_family, facts->client_address))
        return false;
    return !networks_match(&config->except_networks, facts->client_family, facts->client_address);
}

static bool concerns_message(const struct milter_config *config, const struct filter_facts *facts)
{
    if (config->authenticated == MILTER_AUTHENTICATED && !facts->authenticated)
        return false;
    if (config->authenticated == MILTER_NOT_AUTHENTICATED && facts->authenticated)
        return false;
    return concerns(config, facts);
}

/* --- the session ---------------------------------------------------------------------------------------- */

/* Where it depends on AUTH whether the milter is asked, the begin of the session is told with the first
 * message.
 */
static bool begins(struct filter_ctx *ctx, const struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);

    return config->authenticated == MILTER_ANYBODY && !client->failed && !client->accepted &&
           concerns(config, filter_facts(ctx));
}

static enum verdict on_connect(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client == NULL)
        return VERDICT_FAIL;
    if (!begins(ctx, client))
        return VERDICT_CONTINUE;
    return milter_ask(ctx, &(struct milter_event){.command = MILTER_CONNECT}, true);
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    struct milter_client *client = filter_session(ctx);

    if (client == NULL)
        return VERDICT_FAIL;
    milter_interrupt(ctx, client);
    if (!begins(ctx, client))
        return VERDICT_CONTINUE;
    return milter_ask(ctx, &(struct milter_event){.command = MILTER_HELO, .name = name}, !client->tried);
}

/* Shown to a milter that is there: for a command that means nothing none is looked for. Between the chunks of
 * a message it would be in the middle of content, which no milter expects. */
static enum verdict on_command(struct filter_ctx *ctx, const struct filter_command *command)
{
    struct milter_client *client = filter_session(ctx);

    if (client == NULL)
        return VERDICT_FAIL;
    if (command->known || client->link == NULL || client->put_off || !milter_sends(client, MILTER_UNKNOWN))
        return VERDICT_CONTINUE;
    if ((client->over || client->in_content) && filter_facts(ctx)->transaction.len != 0)
        return VERDICT_CONTINUE;
    return milter_ask(
        ctx,
        &(struct milter_event){.command = MILTER_UNKNOWN, .name = command->verb, .value = command->arguments},
        false);
}

/* --- the message ---------------------------------------------------------------------------------------- */

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *reverse_path)
{
    const struct milter_config *config = filter_config(ctx);
    struct milter_client *client = filter_session(ctx);

    if (client == NULL)
        return VERDICT_FAIL;
    if (client->accepted || !concerns_message(config, filter_facts(ctx)))
        return VERDICT_ACCEPT;
    milter_begin(client);
    return milter_ask(ctx, &(struct milter_event){.command = MILTER_MAIL, .path = *reverse_path}, true);
}

/* An event of a message that the milter takes part in. */
static enum verdict ask(struct filter_ctx *ctx, const struct milter_event *event)
{
    struct milter_client *client = filter_session(ctx);

    if (client == NULL)
        return VERDICT_FAIL;
    if (!client->in_message && client->interrupted) {
        filter_set_reason(ctx, "the message went on behind a greeting that was refused");
        return VERDICT_FAIL;
    }
    if (!client->in_message || client->over)
        return VERDICT_CONTINUE;
    return milter_ask(ctx, event, false);
}

/* A milter that has not asked for it does not hear of recipients that are none. */
static enum verdict on_recipient(struct filter_ctx *ctx, const struct filter_path *forward_path,
                                 const struct filter_reply *reply)
{
    const struct milter_client *client = filter_session(ctx);
    bool refused = reply->code / 100 != 2;

    if (client != NULL && !client->failed && refused &&
        (reply->code == 0 || (client->steps & MILTER_REFUSED) == 0))
        return VERDICT_CONTINUE;
    return ask(ctx, &(struct milter_event){
                        .command = MILTER_RCPT, .path = *forward_path, .refused = refused, .reply = *reply});
}

/* DATA without recipients comes to nothing: milters do not expect it. */
static enum verdict on_data(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client != NULL)
        client->in_content = true;
    if (filter_facts(ctx)->recipients == 0)
        return VERDICT_CONTINUE;
    return ask(ctx, &(struct milter_event){.command = MILTER_DATA});
}

/* For the macro {msg_id}. */
static void keep_message_id(struct filter_ctx *ctx, struct span value)
{
    struct milter_client *client = filter_session(ctx);
    char *copy;

    value = span_trim(value);
    if (client == NULL || value.len == 0 || (copy = filter_alloc(ctx, value.len)) == NULL)
        return;
    memcpy(copy, value.ptr, value.len);
    client->message_id = span_of(copy, value.len);
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    if (span_eq_nocase(name, SPAN("Message-ID")))
        keep_message_id(ctx, value);
    return ask(ctx, &(struct milter_event){.command = MILTER_HEADER, .name = name, .value = value});
}

static enum verdict on_end_of_headers(struct filter_ctx *ctx)
{
    return ask(ctx, &(struct milter_event){.command = MILTER_EOH});
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    const struct milter_client *client = filter_session(ctx);
    enum verdict verdict = ask(ctx, &(struct milter_event){.command = MILTER_BODY, .octets = bytes});

    if (verdict == VERDICT_CONTINUE && client != NULL && client->version != 0 &&
        !milter_sends(client, MILTER_BODY))
        return VERDICT_SKIP;
    return verdict;
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    return ask(ctx, &(struct milter_event){.command = MILTER_EOM});
}

/* --- ends ----------------------------------------------------------------------------------------------- */

static void cancel(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client != NULL)
        milter_cancelled(ctx, client);
}

static void on_abort(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client != NULL)
        milter_abort(ctx, client);
}

static void on_close(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client != NULL)
        milter_close(ctx, client);
}

#define ASKED                                                                                                \
    .on_connect = on_connect, .on_command = on_command, .on_helo = on_helo, .on_mail = on_mail,              \
    .on_recipient = on_recipient, .on_data = on_data, .on_header = on_header,                                \
    .on_end_of_headers = on_end_of_headers, .on_body = on_body, .on_end_of_message = on_end_of_message,      \
    .cancel = cancel, .on_abort = on_abort, .on_close = on_close

const struct filter filter_milter = {
    .api = FILTER_API,
    .name = "milter",
    .help = "Shows sessions and messages to a milter and does as it says.",
    .options = milter_options,
    .config_size = sizeof(struct milter_config),
    .session_size = sizeof(struct milter_client),
    .open = milter_options_open,
    ASKED,
};

const struct filter filter_milter_module = {
    .api = FILTER_API,
    .name = "milter-module",
    .help = "Loads a milter, whose source was built as a shared object, and calls it as `milter` asks one "
            "behind a socket.",
    .options = milter_module_options,
    .config_size = sizeof(struct milter_config),
    .session_size = sizeof(struct milter_client),
    .open = milter_module_open,
    .shut = milter_module_shut,
    ASKED,
};
