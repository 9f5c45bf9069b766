/* tell.c: writes events as packets. */
#include "filters/milter/tell.h"

#define NO_STAGE      MILTER_STAGES
#define CLIENT_OCTETS 300

static const struct row {
    char command;
    enum milter_stage stage; /* whose macros go in front; NO_STAGE: none */
    uint32_t no, unanswered; /* steps */
} rows[] = {
    {MILTER_CONNECT, MILTER_AT_CONNECT, MILTER_NO_CONNECT, MILTER_NR_CONNECT},
    {MILTER_HELO, MILTER_AT_HELO, MILTER_NO_HELO, MILTER_NR_HELO},
    {MILTER_MAIL, MILTER_AT_MAIL, MILTER_NO_MAIL, MILTER_NR_MAIL},
    {MILTER_RCPT, MILTER_AT_RCPT, MILTER_NO_RCPT, MILTER_NR_RCPT},
    {MILTER_DATA, MILTER_AT_DATA, MILTER_NO_DATA, MILTER_NR_DATA},
    {MILTER_UNKNOWN, NO_STAGE, MILTER_NO_UNKNOWN, MILTER_NR_UNKNOWN},
    {MILTER_HEADER, NO_STAGE, MILTER_NO_HEADERS, MILTER_NR_HEADER},
    {MILTER_EOH, MILTER_AT_EOH, MILTER_NO_EOH, MILTER_NR_EOH},
    {MILTER_BODY, NO_STAGE, MILTER_NO_BODY, MILTER_NR_BODY},
    {MILTER_EOM, MILTER_AT_EOM, 0, 0},
};

static const struct row *row_of(char command)
{
    const struct row *row = rows;

    while (row->command != command)
        row++;
    return row;
}

static bool is_known(const struct milter_client *client, char command)
{
    return milter_shape(MILTER_OF_MTA, command)->since <= client->version;
}

bool milter_sends(const struct milter_client *client, char command)
{
    return is_known(client, command) && (client->steps & row_of(command)->no) == 0;
}

bool milter_answers(const struct milter_client *client, char command)
{
    return (client->steps & row_of(command)->unanswered) == 0;
}

bool milter_is_due(const struct milter_client *client, char command)
{
    if (command == MILTER_OPTNEG)
        return true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].command == command)
            return milter_answers(client, command);
    return false;
}

/* --- what each says ------------------------------------------------------------------------------------- */

/* The Message-ID is known behind the header section, and gone with the message: milters may want it anywhere.
 */
static struct span message_id(const struct milter_client *client, enum milter_stage stage)
{
    return stage == MILTER_AT_EOH || stage == MILTER_AT_EOM ? client->message_id : span_of(NULL, 0);
}

/* Macros are sent in front of events that are not sent, too: those behind them have use for them. */
static void say(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    const struct milter_config *config = filter_config(ctx);
    const struct row *row = row_of(packet->command);
    const struct map_scene scene = {
        .facts = filter_facts(ctx),
        .path = packet->command == client->event.command ? &client->event.path : NULL,
        .refusal = client->event.refused ? &client->event.reply : NULL,
        .message_id = message_id(client, row->stage),
    };

    if (row->stage != NO_STAGE && is_known(client, packet->command))
        map_write(&client->out, &config->map, client->macros[row->stage], packet->command, &scene);
    if (!milter_sends(client, packet->command))
        return;
    if (milter_write(&client->out, MILTER_OF_MTA, packet) != 0 && !client->out.starved) {
        (void)milter_fail(ctx, client, "%s is too long for its protocol",
                          milter_shape(MILTER_OF_MTA, packet->command)->name);
        return;
    }
    if (milter_answers(client, packet->command))
        client->awaiting = packet->command;
}

static void say_connect(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct filter_facts *facts = filter_facts(ctx);
    char name[CLIENT_OCTETS];
    struct milter_packet packet = {.command = MILTER_CONNECT,
                                   .numbers = {MILTER_UNKNOWN_FAMILY},
                                   .strings = {map_client(facts, name, sizeof(name))}};

    if (facts->client_family != 0) {
        packet.numbers[0] = facts->client_family == 4 ? MILTER_INET : MILTER_INET6;
        packet.numbers[1] = facts->client_port;
        packet.strings[1] = facts->client;
    } else {
        packet.strings[0] = SPAN("unknown");
    }
    client->met = true;
    say(ctx, client, &packet);
}

static void say_helo(struct filter_ctx *ctx, struct milter_client *client, struct span name)
{
    const struct milter_packet packet = {.command = MILTER_HELO, .strings = {name}};

    client->greeted = true;
    say(ctx, client, &packet);
}

/* The path in angle brackets, then each parameter. */
static void say_path(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct filter_path *path = &client->event.path;
    struct milter_packet packet = {.command = client->event.command};
    struct milter_writer strings = {0};
    struct span list, parameters = path->parameters;

    (void)milter_add(&strings, SPAN("<"));
    (void)milter_add(&strings, path->address);
    (void)milter_add_string(&strings, SPAN(">"));
    while ((parameters = span_trim(parameters)).len != 0) {
        const char *space = memchr(parameters.ptr, ' ', parameters.len);
        size_t len = space != NULL ? (size_t)(space - parameters.ptr) : parameters.len;
        (void)milter_add_string(&strings, span_first(parameters, len));
        parameters = span_skip(parameters, len);
    }
    list = milter_written(&strings);
    if (!strings.starved && milter_next_string(&list, &packet.strings[0])) {
        packet.rest = list;
        say(ctx, client, &packet);
    } else {
        client->out.starved = true;
    }
    milter_writer_free(&strings);
}

/* The lines of a folded value end in LF alone. */
static int add_folded(struct milter_writer *writer, struct span value)
{
    for (const char *cr; value.len != 0 && (cr = memmem(value.ptr, value.len, "\r\n", 2)) != NULL;) {
        size_t len = (size_t)(cr - value.ptr);
        (void)milter_add(writer, span_first(value, len));
        value = span_skip(value, len + 1);
    }
    return milter_add_string(writer, value);
}

/* A space behind the colon is not sent unless that was agreed on. */
static void say_header(struct filter_ctx *ctx, struct milter_client *client)
{
    struct span value = client->event.value;
    struct milter_packet packet = {.command = MILTER_HEADER, .strings = {client->event.name}};
    struct milter_writer folded = {0};

    if ((client->steps & MILTER_LEAD_SPACE) == 0 && value.len != 0 && value.ptr[0] == ' ')
        value = span_skip(value, 1);
    if (add_folded(&folded, value) == 0) {
        packet.strings[1] = span_first(milter_written(&folded), folded.len - 1);
        say(ctx, client, &packet);
    } else {
        client->out.starved = true;
    }
    milter_writer_free(&folded);
}

static void say_unknown(struct filter_ctx *ctx, struct milter_client *client)
{
    struct milter_packet packet = {.command = MILTER_UNKNOWN};
    struct milter_writer line = {0};

    (void)milter_add(&line, client->event.name);
    if (client->event.value.len != 0)
        (void)milter_add(&line, SPAN(" "));
    if (milter_add_string(&line, client->event.value) == 0) {
        packet.strings[0] = span_first(milter_written(&line), line.len - 1);
        say(ctx, client, &packet);
    } else {
        client->out.starved = true;
    }
    milter_writer_free(&line);
}

/* Gathers the octets of the body until a packet is full. */
static bool gather(struct milter_client *client)
{
    struct span *octets = &client->event.octets;
    struct span some;

    if (!client->gathering) {
        client->body_at = client->out.len;
        (void)milter_add(&client->out, span_of("\0\0\0\0\0", MILTER_HEAD));
    }
    client->gathering = true;
    some = span_first(*octets, MILTER_HEAD + MILTER_DATA_MAX - (client->out.len - client->body_at));
    (void)milter_add(&client->out, some);
    *octets = span_skip(*octets, some.len);
    return client->out.starved || client->out.len - client->body_at == MILTER_HEAD + MILTER_DATA_MAX;
}

/* What has been gathered is sent. */
static void say_body(struct milter_client *client)
{
    milter_write_head(client->out.ptr + client->body_at, MILTER_BODY,
                      client->out.len - client->body_at - MILTER_HEAD);
    client->gathering = false;
    if (milter_answers(client, MILTER_BODY))
        client->awaiting = MILTER_BODY;
}

static bool tell_body(struct milter_client *client)
{
    while (client->event.octets.len != 0) {
        if (!milter_sends(client, MILTER_BODY))
            break;
        if (!gather(client))
            continue;
        if (!client->out.starved)
            say_body(client);
        return true;
    }
    return false;
}

static void tell_event(struct filter_ctx *ctx, struct milter_client *client)
{
    char command = client->event.command;

    client->told = true;
    if (command == MILTER_MAIL || command == MILTER_RCPT)
        say_path(ctx, client);
    else if (command == MILTER_HEADER)
        say_header(ctx, client);
    else if (command == MILTER_UNKNOWN)
        say_unknown(ctx, client);
    else
        say(ctx, client, &(struct milter_packet){.command = command});
}

bool milter_tell(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct filter_facts *facts;

    if (!client->met) {
        say_connect(ctx, client);
        return true;
    }
    if (client->event.command == MILTER_CONNECT)
        return false;
    facts = filter_facts(ctx);
    if (client->event.command == MILTER_HELO && !client->told) { /* a client may say it again */
        client->told = true;
        say_helo(ctx, client, client->event.name);
        return true;
    }
    if (!client->greeted && client->event.command != MILTER_UNKNOWN && facts->helo.len != 0) {
        say_helo(ctx, client, facts->helo);
        return true;
    }
    if (client->event.command == MILTER_BODY)
        return tell_body(client);
    if (client->event.command == MILTER_EOM && client->gathering) {
        say_body(client);
        return true;
    }
    if (client->told || client->event.command == MILTER_HELO)
        return false;
    tell_event(ctx, client);
    return true;
}
