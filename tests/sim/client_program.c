/* client_program.c: draws what a client does next: introductions, messages, odd things, the end. */
#include <stdlib.h>

#include "sim.h"

static struct command *plan(struct client *client, enum client_verb verb, struct message *message,
                            unsigned which)
{
    struct command *command = &client->commands[client->planned];

    if (client->planned == COMMANDS_MAX)
        abort();
    client->planned++;
    *command = (struct command){.verb = verb, .message = message, .which = which};
    return command;
}

static void plan_text(struct client *client, enum client_verb verb, struct span text)
{
    struct command *command = plan(client, verb, NULL, 0);

    command->len = text.len;
    memcpy(command->text, text.ptr, text.len);
}

/* Things that a server must survive and answer. */
static void plan_noise(struct client *client)
{
    static const struct span noise[] = {
        SPAN("FOO bar"),
        SPAN(""),
        SPAN("MAIL FROM:<broken"),
        SPAN("RCPT TO:<r0@nowhere.example>"),
        SPAN("MAIL"),
        SPAN("VRFY somebody"),
        SPAN("EXPN list"),
        SPAN("HELP"),
        SPAN("STARTTLS now"),
        SPAN("EHLO -"),
        SPAN("AUTH NOPE"),
        {"NU\0L", 4},
        {"BARE\rCR", 7},
        SPAN("RSET now"),
        SPAN("BURL imap://x"),
        SPAN("noop\t"),
    };

    plan_text(client, SAY_NOISE, noise[dice_below(&client->dice, sizeof(noise) / sizeof(*noise))]);
}

/* Without TLS there is nothing to be had here. */
static bool must_encrypt(const struct client *client)
{
    return client->sim->config.listener.tls == CLIENT_TLS_REQUIRED && !client_encrypted(client);
}

/* One message more; NULL: enough. */
static struct message *compose(struct client *client)
{
    const struct settings *settings = &client->sim->config.settings;
    struct message_kind kind = {.plain = client->plain};
    struct dice *dice = &client->dice;
    struct message *message;

    if (client->message_count == client->wanted)
        return NULL;
    message = &client->messages[client->message_count++];
    *message = (struct message){.client = client};
    (void)snprintf(message->id, sizeof(message->id), "c%um%u", client->number, client->message_count);
    kind.size = dice_percent(dice, 10) && !client->plain ? 60000 : dice_below(dice, 600);
    kind.chunked = !client->plain && client->offers_chunking && dice_percent(dice, 50);
    kind.normalise = settings->line_endings == DOT_NORMALISE;
    kind.dirty = !client->plain && !kind.chunked && dice_percent(dice, 6);
    kind.long_header = !client->plain && dice_percent(dice, 4);
    message_make(message, &kind, dice);
    message->faulty =
        (kind.dirty && !kind.normalise) || (kind.long_header && settings->limits.header_size < 4096);
    if (must_encrypt(client)) /* and was not allowed to */
        message->faulty = true;
    if (settings->limits.message_size != 0 && message->content.len > settings->limits.message_size)
        message->faulty = true;
    message->recipients = 1 + (client->plain ? 0 : dice_below(dice, RECIPIENTS_MAX));
    client->sim->totals->messages++;
    return message;
}

static void plan_message(struct client *client, struct message *message)
{
    struct command *mail = plan(client, SAY_MAIL, message, 0);

    if (client->offers_size && !client->plain && dice_percent(&client->dice, 30))
        (void)snprintf(mail->text, sizeof(mail->text), " SIZE=%zu", message->content.len);
    for (unsigned i = 0; i < message->recipients; i++)
        plan(client, SAY_RCPT, message, i);
    if (!client->plain && dice_percent(&client->dice, 5)) {
        plan(client, SAY_RSET, message, 1); /* thinks better of it */
        return;
    }
    for (unsigned i = 0; i < message->chunks; i++)
        plan(client, SAY_BDAT, message, i);
    if (message->chunks == 0) {
        plan(client, SAY_DATA, message, 0);
        plan(client, SAY_CONTENT, message, 0);
    }
    plan(client, SAY_RSET, message, client->sim->forced || dice_percent(&client->dice, 15));
}

static bool wants_tls(struct client *client)
{
    if (!client->offers_tls || client->asked_tls || client_encrypted(client))
        return false;
    return must_encrypt(client) || client->sim->forced || dice_percent(&client->dice, 70);
}

static void ask_for_tls(struct client *client)
{
    client->asked_tls = true;
    client->errands++; /* to be introduced again */
    plan(client, SAY_STARTTLS, NULL, 0);
}

static void introduce(struct client *client)
{
    bool helo =
        !client->plain && !must_encrypt(client) && !client->sim->forced && dice_percent(&client->dice, 10);
    char name[32];

    (void)snprintf(name, sizeof(name), "c%u.example", client->number);
    client->offers_chunking = client->offers_auth = client->offers_size = client->extended = false;
    client->offers_tls = false;
    plan_text(client, helo ? SAY_HELO : SAY_EHLO, span_str(name));
}

static void authenticate(struct client *client)
{
    client->asked_auth = true;
    if (dice_percent(&client->dice, 30)) {
        plan_text(client, SAY_AUTH, SPAN("PLAIN AGEAYg=="));
        return;
    }
    plan_text(client, SAY_AUTH, SPAN("PLAIN"));
    plan_text(client, SAY_RESPONSE,
              !client->plain && dice_percent(&client->dice, 20) ? SPAN("*") : SPAN("AGEAYg=="));
}

static void depart(struct client *client)
{
    if (client->sent != client->answered)
        return;
    if (client->abandons)
        client_leave(client, dice_percent(&client->dice, 50));
    else
        plan(client, SAY_QUIT, NULL, 0);
}

static bool wants_auth(struct client *client)
{
    return client->offers_auth && !client->asked_auth &&
           (client->sim->forced || dice_percent(&client->dice, 40));
}

static bool wants_noise(struct client *client)
{
    return client->errands != 0 && !client->plain && dice_percent(&client->dice, 50);
}

static void run_errand(struct client *client)
{
    client->errands--;
    if (client->sim->forced_milter && client->sim->forced_plan.step == STEP_UNKNOWN)
        plan_text(client, SAY_NOISE, SPAN("FOO bar"));
    else if (dice_percent(&client->dice, 60))
        plan_noise(client);
    else if (dice_percent(&client->dice, 70))
        plan(client, SAY_NOOP, NULL, 0);
    else
        introduce(client);
}

/* It was sent away. */
static bool is_unwelcome(const struct client *client)
{
    return client->barred || client->code == 421;
}

static bool may_go_on(const struct client *client)
{
    return client->introduced && !is_unwelcome(client);
}

void client_program(struct client *client)
{
    bool waits = client->sent != client->answered;
    struct message *message;

    /* Behind an end of data the next transaction may follow at once; all else waits for its answers. */
    if (waits &&
        (!client->pipelines || !client->introduced || client->plain || dice_percent(&client->dice, 70)))
        return;
    if (client->sent > 1 && client->commands[client->sent - 1].verb == SAY_QUIT)
        return;
    if (!client->introduced && !is_unwelcome(client) && client->errands-- != 0)
        introduce(client);
    else if (may_go_on(client) && !waits && wants_tls(client))
        ask_for_tls(client);
    else if (may_go_on(client) && !waits && wants_auth(client))
        authenticate(client);
    else if (may_go_on(client) && !waits && wants_noise(client))
        run_errand(client);
    else if (may_go_on(client) && (message = compose(client)) != NULL)
        plan_message(client, message);
    else
        depart(client);
}

static void draw_carry(struct lab_manner *carry, struct dice *dice)
{
    if (dice_percent(dice, 15))
        carry->piece = 1 + dice_below(dice, 3);
    else if (dice_percent(dice, 30))
        carry->piece = 1 + dice_below(dice, 2000);
    if (dice_percent(dice, 20))
        carry->accept = 1 + dice_below(dice, 100);
}

static void draw_upstream(struct client *client)
{
    struct dice dice = dice_for(client->sim->seed, DICE_UPSTREAM, client->number);
    struct upstream_manners *up = &client->upstream;
    /* What is offered is the same for all connections of one server, as capabilities are remembered. */
    struct dice common = dice_for(client->sim->seed, DICE_UPSTREAM, 99);

    up->pipelining = dice_percent(&common, 60);
    up->chunking = dice_percent(&common, 50);
    up->enhanced = dice_percent(&common, 70);
    up->auth = client->sim->forced || dice_percent(&common, 50);
    up->size = dice_percent(&common, 50);
    if (client->plain)
        return;
    up->refuses = client->sim->forced ? 0 : 4 * dice_below(&dice, 4);
    up->lazy = dice_percent(&dice, 40) ? dice_below(&dice, 20) : 0;
    up->wordy = dice_percent(&dice, 30) ? 30 : 0;
    up->strips = !client->sim->forced && dice_percent(&dice, 15);
    draw_carry(&up->carry, &dice);
}

void client_draw(struct client *client)
{
    struct dice *dice = &client->dice;

    *dice = dice_for(client->sim->seed, DICE_CLIENT, client->number);
    draw_upstream(client);
    client->wanted = client->plain ? 1 : client->sim->forced ? 2 : dice_below(dice, MESSAGES_MAX + 1);
    client->errands = client->plain || client->sim->forced ? 3 : 2 + dice_below(dice, 5);
    if (client->plain)
        return;
    client->pipelines = dice_percent(dice, 60);
    client->abandons = !client->sim->forced && dice_percent(dice, 10);
    client->thinks = dice_percent(dice, 50) ? dice_below(dice, 10) : 0;
    draw_carry(&client->carry, dice);
}
