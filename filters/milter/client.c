/* client.c: one milter connection of a session, and the one question that waits for it. */
#include "filters/milter/client.h"

#include <stdio.h>

#include "filters/milter/agree.h"
#include "filters/milter/hear.h"
#include "filters/milter/send.h"
#include "filters/milter/tell.h"

/* --- the end -------------------------------------------------------------------------------------------- */

/* Back to where there is no connection; what is known of the message stays. */
static void forget(struct milter_client *client)
{
    milter_reader_free(&client->reader);
    milter_writer_free(&client->out);
    client->link = NULL;
    client->sent = client->answered = 0;
    client->version = 0;
    client->awaiting = '\0';
    client->connected = client->gathering = client->put_off = client->met = client->greeted = false;
}

static const struct milter_transport *transport_of(struct filter_ctx *ctx)
{
    const struct milter_config *config = filter_config(ctx);

    return config->transport;
}

static void let_go(struct filter_ctx *ctx, struct milter_client *client)
{
    if (client->link != NULL)
        transport_of(ctx)->close(client->link);
    forget(client);
}

static struct circuit *circuit_of(const struct milter_config *config, const struct milter_client *client)
{
    return &config->circuits[client->address];
}

/* The failure is that of the address in use. */
static void count_failure(struct filter_ctx *ctx, const struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);

    circuit_failed(circuit_of(config, client), &config->rule, filter_now(ctx));
}

static void count_success(struct filter_ctx *ctx, const struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);

    if (circuit_worked(circuit_of(config, client), &config->rule))
        filter_log(ctx, "%s is in use again", config->addresses.items[client->address]);
}

enum verdict milter_fail(struct filter_ctx *ctx, struct milter_client *client, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(client->why, sizeof(client->why), format, args);
    va_end(args);
    count_failure(ctx, client);
    client->failed = true;
    let_go(ctx, client);
    return VERDICT_FAIL;
}

/* QUIT, unless it would end what is under way. */
static void part(struct filter_ctx *ctx, struct milter_client *client)
{
    struct span goodbye = {NULL, 0};
    char quit[MILTER_HEAD];

    if (client->link == NULL)
        return;
    if (client->version != 0 && client->awaiting == '\0' && client->sent == client->out.len) {
        milter_write_head(quit, MILTER_QUIT, 0);
        goodbye = span_of(quit, sizeof(quit));
        count_success(ctx, client);
    }
    transport_of(ctx)->part(client->link, goodbye);
    forget(client);
}

/* --- connecting ---------------------------------------------------------------------------------------- */

/* Begins to connect to the first address from `address` on that may be tried. */
static bool open_next(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);

    for (; client->address < config->addresses.count; client->address++) {
        if (!circuit_try(circuit_of(config, client), &config->rule, filter_now(ctx)))
            continue;
        client->link = config->transport->open(ctx, client->address);
        if (client->link == NULL) {
            (void)snprintf(client->why, sizeof(client->why), "no session can be begun");
            return false;
        }
        client->connected = config->transport->at_once;
        client->awaiting = MILTER_OPTNEG;
        milter_offer(client, config);
        return true;
    }
    (void)snprintf(client->why, sizeof(client->why), "not tried, as it has failed of late");
    return false;
}

/* --- the question --------------------------------------------------------------------------------------- */

static void on_timer(struct filter_ctx *ctx);

/* Gives the milter so much time from now on for what is awaited of it. */
static void set_timer(struct filter_ctx *ctx, const struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);
    bool content = client->awaiting == MILTER_HEADER || client->awaiting == MILTER_EOH ||
                   client->awaiting == MILTER_BODY || client->awaiting == MILTER_EOM;

    if (client->connected) /* until then the channel has a limit of its own */
        (void)filter_timer(ctx, content ? config->content_timeout : config->command_timeout, on_timer);
}

/* Sends what is due as far as it can be; PENDING while something is waited for. */
static enum verdict go_on(struct filter_ctx *ctx, struct milter_client *client)
{
    for (;;) {
        if (client->failed)
            return VERDICT_FAIL;
        if (client->out.starved)
            return milter_fail(ctx, client, "out of memory");
        if (!milter_push(ctx, client) || (client->awaiting != '\0' && !client->put_off)) {
            set_timer(ctx, client);
            return VERDICT_PENDING;
        }
        if (client->decided)
            return client->verdict;
        if (!milter_tell(ctx, client))
            return VERDICT_CONTINUE;
        client->put_off = !client->failed && milter_puts_off(ctx, client);
        if (client->put_off)
            client->awaiting = '\0';
    }
}

/* What the verdict means beside the question. */
static enum verdict settle(struct filter_ctx *ctx, struct milter_client *client, enum verdict verdict)
{
    client->asked = verdict == VERDICT_PENDING;
    if (verdict == VERDICT_FAIL)
        filter_set_reason(ctx, "%s", client->why);
    else if (!client->asked && client->event.command == MILTER_EOM) {
        count_success(ctx, client);
        milter_writer_free(&client->out); /* a session that waits for its client owns no buffer */
    }
    if (client->decided && client->parting)
        part(ctx, client);
    return verdict;
}

static void resume(struct filter_ctx *ctx, struct milter_client *client, enum verdict verdict)
{
    if (client->asked && settle(ctx, client, verdict) != VERDICT_PENDING)
        filter_resume(ctx, verdict);
}

enum verdict milter_ask(struct filter_ctx *ctx, const struct milter_event *event, bool open)
{
    struct milter_client *client = filter_session(ctx);

    client->event = *event;
    client->told = client->decided = client->parting = false;
    client->since = filter_now(ctx);
    if (client->link == NULL && !client->failed) {
        if (!open)
            return VERDICT_CONTINUE;
        client->tried = true;
        client->address = 0;
        client->failed = !open_next(ctx, client);
    }
    return settle(ctx, client, go_on(ctx, client));
}

/* --- the transport ------------------------------------------------------------------------------------- */

static void on_timer(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);
    const struct milter_shape *shape = milter_shape(MILTER_OF_MTA, client->awaiting);

    if (shape != NULL)
        resume(ctx, client, milter_fail(ctx, client, "no answer to %s in time", shape->name));
    else
        resume(ctx, client, milter_fail(ctx, client, "does not take what it is sent"));
}

void milter_connected(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    client->connected = true;
    set_timer(ctx, client);
}

void milter_writable(struct filter_ctx *ctx)
{
    struct milter_client *client = filter_session(ctx);

    if (client->asked)
        resume(ctx, client, go_on(ctx, client));
    else
        (void)milter_push(ctx, client);
}

/* One packet; false when the connection has been given up. */
static bool hear(struct filter_ctx *ctx, struct milter_client *client, char command, struct span data)
{
    char awaited = client->awaiting;

    if (client->awaiting == '\0') {
        resume(ctx, client, milter_fail(ctx, client, "spoke without having been asked"));
        return false;
    }
    switch (milter_hear(ctx, client, command, data)) {
    case MILTER_HEARD_ANSWER:
        if (!milter_more_is_due(ctx, client, awaited))
            resume(ctx, client, go_on(ctx, client));
        break;
    case MILTER_HEARD_TIME:
        set_timer(ctx, client);
        break;
    case MILTER_HEARD_MORE:
        break;
    case MILTER_HEARD_WRONG:
        resume(ctx, client, VERDICT_FAIL);
        break;
    }
    return client->link != NULL;
}

size_t milter_heard_octets(struct filter_ctx *ctx, struct span octets)
{
    struct milter_client *client = filter_session(ctx);
    size_t taken = 0;

    while (taken < octets.len) {
        struct span data;
        char command;
        long n = milter_read(&client->reader, span_skip(octets, taken), &command, &data);
        if (n < 0) {
            resume(ctx, client, milter_fail(ctx, client, "%s", milter_error_text(n)));
            break;
        }
        taken += (size_t)n;
        if (command != '\0' && !hear(ctx, client, command, data))
            break;
    }
    return taken;
}

static const char *error_text(int error)
{
    const char *text = error != 0 ? strerrordesc_np(-error) : NULL;

    return text != NULL ? text : "it closed the connection";
}

/* An idle connection may be closed by the milter: another is opened when there is something to be told. */
void milter_ended(struct filter_ctx *ctx, int error)
{
    struct milter_client *client = filter_session(ctx);

    if (client->connected && !client->asked && (!client->in_message || client->over)) {
        forget(client);
        return;
    }
    if (!client->connected) {
        count_failure(ctx, client);
        client->address++;
        forget(client);
        if (open_next(ctx, client) && milter_push(ctx, client))
            return;
    }
    if (client->awaiting == MILTER_OPTNEG && client->connected && error == 0)
        (void)snprintf(client->why, sizeof(client->why), "closed the connection instead of agreeing");
    else
        (void)snprintf(client->why, sizeof(client->why),
                       client->connected ? "connection lost: %s" : "no connection: %s", error_text(error));
    if (client->connected)
        count_failure(ctx, client);
    client->failed = true;
    forget(client);
    resume(ctx, client, VERDICT_FAIL);
}

/* --- the message ---------------------------------------------------------------------------------------- */

void milter_begin(struct milter_client *client)
{
    client->failed = client->over = client->quarantine = client->new_body = client->new_body_ended = false;
    client->in_message = true;
    client->in_content = client->interrupted = false;
    client->message_id = (struct span){0};
    client->body = 0;
}

void milter_abort(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct milter_packet abort_message = {.command = MILTER_ABORT};
    bool tell = client->in_message && !client->over && client->link != NULL;

    client->in_message = false;
    if (client->gathering || client->put_off)
        client->out.len = client->sent = 0;
    client->gathering = client->put_off = false;
    if (!tell)
        return;
    (void)milter_write(&client->out, MILTER_OF_MTA, &abort_message);
    if (client->out.starved)
        (void)milter_fail(ctx, client, "out of memory");
    else
        (void)milter_push(ctx, client);
}

void milter_interrupt(struct filter_ctx *ctx, struct milter_client *client)
{
    client->interrupted = client->in_message && !client->over;
    if (client->interrupted)
        milter_abort(ctx, client);
}

void milter_cancelled(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct milter_config *config = filter_config(ctx);

    if (filter_now(ctx) - client->since >= config->eom_timeout)
        count_failure(ctx, client);
    let_go(ctx, client);
    client->asked = false;
    client->failed = true;
    (void)snprintf(client->why, sizeof(client->why), "no answer in time");
}

void milter_close(struct filter_ctx *ctx, struct milter_client *client)
{
    part(ctx, client);
    forget(client);
}
