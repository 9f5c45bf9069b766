/* client.c: says the commands of its program, one at a time or in groups, in parts where a command is long.
 * What to say is left to client_program.c, what is heard to client_hear.c. */
#include "client.h"

#include <stdlib.h>

#include "lab_tls.h"
#include "lab_tls_keys.h"
#include "sim.h"

static const struct {
    const char *name;
    enum point point; /* reached when it has been said */
    bool ends_group;  /* nothing is said behind it before its answer (RFC 2920 3.1) */
} verbs[SAY_VERBS] = {
    [SAY_NOTHING] = {"greeting", POINT_ACCEPT, true},
    [SAY_EHLO] = {"EHLO", POINT_EHLO, true},
    [SAY_HELO] = {"HELO", POINT_EHLO, true},
    [SAY_STARTTLS] = {"STARTTLS", POINT_STARTTLS, true},
    [SAY_AUTH] = {"AUTH", POINT_AUTH, true},
    [SAY_RESPONSE] = {"response", POINTS, true},
    [SAY_NOISE] = {"noise", POINTS, true},
    [SAY_NOOP] = {"NOOP", POINTS, true},
    [SAY_MAIL] = {"MAIL", POINT_MAIL, false},
    [SAY_RCPT] = {"RCPT", POINT_RCPT, false},
    [SAY_DATA] = {"DATA", POINT_DATA, true},
    [SAY_CONTENT] = {"content", POINTS, false},
    [SAY_BDAT] = {"BDAT", POINTS, false},
    [SAY_RSET] = {"RSET", POINT_RESET, false},
    [SAY_QUIT] = {"QUIT", POINT_QUIT, true},
};

const char *client_verb_name(enum client_verb verb)
{
    return verbs[verb].name;
}

void client_drop(struct client *client)
{
    struct command *next = &client->commands[client->sent];

    client->planned--;
    memmove(next, next + 1, (client->planned - client->sent) * sizeof(*next));
}

void client_leave(struct client *client, bool reset)
{
    if (client->gone)
        return;
    sim_tell(client->sim, client, "C:", reset ? SPAN("(reset)") : SPAN("(closes)"));
    client->gone = client->mute = true;
    if (reset)
        lab_pipe_reset(client->pipe);
    else
        lab_pipe_close(client->pipe);
}

static void put(struct client *client, struct span s)
{
    if (!client->gone && !client->pipe->ended)
        lab_pipe_send(client->pipe, s);
}

static void put_line(struct client *client, struct span line)
{
    sim_tell(client->sim, client, "C:", line);
    put(client, line);
    put(client, SPAN("\r\n"));
}

static void reach(struct client *client, enum point point)
{
    if (point < POINTS)
        faults_point(client->sim, client, point, SIDE_CLIENT);
}

/* Dots doubled at the start of lines that CRLF began (RFC 5321 4.5.2); without recipients there is nothing
 * but the end. */
static void stuff(struct client *client, const struct message *message)
{
    struct span s = lab_bytes_from(&message->content, 0);
    bool anybody = false;

    for (unsigned i = 0; i < message->recipients; i++)
        anybody = anybody || message->to[i].told / 100 == 2;
    client->out.len = 0;
    for (size_t i = 0; anybody && i < s.len; i++) {
        bool begins = i == 0 || (i > 1 && s.ptr[i - 1] == '\n' && s.ptr[i - 2] == '\r');
        if (begins && s.ptr[i] == '.')
            lab_bytes_add(&client->out, SPAN("."));
        lab_bytes_add(&client->out, span_of(s.ptr + i, 1));
    }
    if (anybody && (s.len < 2 || s.ptr[s.len - 1] != '\n'))
        lab_bytes_add(&client->out, SPAN("\r\n"));
    lab_bytes_add(&client->out, SPAN(".\r\n"));
}

/* The content goes in six parts: the header section, three quarters of the rest, all but the dot, the dot.
 * True: that was the last. */
static bool say_content(struct client *client, const struct message *message)
{
    static const enum point points[] = {POINT_HEADER, POINT_BODY, POINT_BODY, POINT_BODY, POINT_LAST, POINTS};
    unsigned stage = client->stage++;
    size_t len, ends[6], from;

    if (stage == 0)
        stuff(client, message);
    len = client->out.len - 3;
    ends[0] = message->header_len < len ? message->header_len : len;
    for (unsigned i = 1; i < 4; i++)
        ends[i] = ends[0] + (len - ends[0]) * i / 4;
    ends[4] = len;
    ends[5] = len + 3;
    from = stage != 0 ? ends[stage - 1] : 0;
    put(client, span_of(client->out.ptr + from, ends[stage] - from));
    if (stage == 5)
        sim_tell(client->sim, client, "C:", SPAN("(content) ."));
    reach(client, points[stage]);
    return stage == 5;
}

/* A chunk in three parts: the command, all octets but one, that one. */
static bool say_chunk(struct client *client, struct message *message, unsigned which)
{
    size_t from = which != 0 ? message->cuts[which - 1] : 0, len = message->cuts[which] - from;
    bool last = which + 1 == message->chunks;
    char line[64];

    message->chunked = true;
    switch (client->stage++) {
    case 0:
        (void)snprintf(line, sizeof(line), "BDAT %zu%s", len, last ? " LAST" : "");
        put_line(client, span_str(line));
        if (which == 0)
            reach(client, POINT_DATA);
        return len == 0;
    case 1:
        put(client, span_of(message->content.ptr + from, len - 1));
        reach(client, which == 0 ? POINT_HEADER : POINT_BODY);
        if (last)
            reach(client, POINT_LAST);
        return false;
    default:
        put(client, span_of(message->content.ptr + from + len - 1, 1));
        return true;
    }
}

static void say_line(struct client *client, const struct command *command)
{
    const struct message *message = command->message;
    char line[200];
    int n = 0;

    switch (command->verb) {
    case SAY_MAIL:
        n = snprintf(line, sizeof(line), "MAIL FROM:<%s@sim.example>%s", message->id, command->text);
        break;
    case SAY_RCPT:
        n = snprintf(line, sizeof(line), "RCPT TO:<r%u@%s.sim>", command->which, message->id);
        break;
    case SAY_NOISE:
    case SAY_RESPONSE:
        put_line(client, span_of(command->text, command->len));
        return;
    default:
        n = snprintf(line, sizeof(line), "%s%s%s", verbs[command->verb].name,
                     command->text[0] != '\0' ? " " : "", command->text);
    }
    put_line(client, span_of(line, (size_t)n));
}

/* A command whose turn has come, or a part of it. */
static void say(struct client *client)
{
    struct command *command = &client->commands[client->sent];
    bool complete = true;

    client->touched = client->sim->lab.now;
    if (command->verb == SAY_CONTENT)
        complete = say_content(client, command->message);
    else if (command->verb == SAY_BDAT)
        complete = say_chunk(client, command->message, command->which);
    else
        say_line(client, command);
    if (!complete)
        return;
    client->stage = 0;
    client->sent++;
    if (command->verb == SAY_MAIL && client->message_count > 1)
        reach(client, POINT_RESET);
    reach(client, verbs[command->verb].point);
}

/* The outcome of a chunk is not known yet. */
static bool awaits_chunk(const struct client *client)
{
    return client->sent != client->answered && client->commands[client->sent - 1].verb == SAY_BDAT;
}

/* What need not be said any more: the rest of a message that was refused, RSET when nothing is open. */
static bool pointless(const struct client *client, const struct command *command)
{
    if (client->stage != 0)
        return false;
    if (command->verb == SAY_RSET)
        return command->which == 0 && !command->message->dead && !awaits_chunk(client);
    if (command->message == NULL || !command->message->dead)
        return false;
    return command->verb != SAY_MAIL;
}

static bool may_say(struct client *client)
{
    unsigned pending = client->sent - client->answered;

    while (client->sent < client->planned && pointless(client, &client->commands[client->sent]))
        client_drop(client);
    if (client->sent == client->planned)
        return false;
    if (client->stage != 0 || pending == 0)
        return true;
    if (!client->pipelines || client->commands[client->sent].verb == SAY_CONTENT)
        return false;
    if (client->commands[client->sent - 1].verb == SAY_BDAT &&
        client->commands[client->sent - 1].which + 1 == client->commands[client->sent - 1].message->chunks)
        return false;
    return !verbs[client->commands[client->sent - 1].verb].ends_group;
}

/* Now and then it takes its time; rarely too much of it. */
static void hesitate(struct client *client)
{
    uint64_t pause;

    if (!dice_percent(&client->dice, client->thinks))
        return;
    pause = dice_percent(&client->dice, 1) ? 400000 : dice_below(&client->dice, 3000);
    if (pause > 100000)
        client->upset = client->cut_short = true;
    client->wake = client->sim->lab.now + pause;
}

/* The server has closed: everything must have been answered, or the last answer said why not. */
static void farewell(struct client *client)
{
    unsigned pending = client->sent - client->answered;

    bool excused = client->gone || client->mute || client->cut_short || client->authenticated;

    client->finished = true;
    if (!excused && !client->dismissed && client->code != 221)
        sim_fail(client->sim, "answers", "client %u: closed after %u with %u commands unanswered",
                 client->number, client->code, pending);
    if (!client->mute)
        client_leave(client, false);
}

bool client_act(struct client *client)
{
    size_t before = client->read;

    if (!client->begun)
        return false;
    client_hear(client);
    if (!client->finished && lab_pipe_over(client->pipe))
        farewell(client);
    if (client->mute || client->gone || client->wake > client->sim->lab.now)
        return client->read != before;
    if (client->sent == client->planned)
        client_program(client);
    if (client->gone || !may_say(client))
        return client->read != before;
    say(client);
    hesitate(client);
    return true;
}

uint64_t client_due(const struct client *client)
{
    if (!client->begun || client->mute || client->gone || client->wake <= client->sim->lab.now)
        return UINT64_MAX;
    return client->wake;
}

bool client_encrypted(const struct client *client)
{
    return lab_tls_stage(client->pipe) != TLS_ABSENT; /* and nothing is heard in plaintext any more */
}

void client_encrypt(struct client *client)
{
    static const struct lab_tls_terms usual;

    if (!client->pipe->ended && lab_tls_stage(client->pipe) == TLS_ABSENT)
        lab_tls_connect(client->pipe, lab_tls_client(&usual), NULL);
}

void client_begin(struct client *client)
{
    struct sim *sim = client->sim;
    struct arrival arrival = {.listener = &sim->config.listener};

    client->begun = true;
    client->touched = sim->lab.now;
    client->commands[0] = (struct command){.verb = SAY_NOTHING};
    client->sent = client->planned = 1;
    (void)ip_parse(SPAN("192.0.2.99"), &arrival.peer);
    arrival.peer.port = (uint16_t)(40000 + client->number);
    client->pipe = lab_pipe_new(&sim->lab, client->carry);
    sim->totals->sessions++;
    if (server_accept(sim->server, &arrival, &lab_wire_ops, client->pipe) != 0) {
        if (!sim->memory.failing && !client->upset)
            sim_fail(sim, "I8", "client %u was not accepted", client->number);
        client->pipe->closed = true;
        client->cut_short = true;
    } else if (arrival.listener->tls == CLIENT_TLS_IMPLICIT)
        client_encrypt(client);
    if (sim->config.settings.limits.sessions != 0)
        client->upset = client->cut_short = true; /* 421, or no handshake at all */
    reach(client, POINT_ACCEPT);
}

void client_end(struct client *client)
{
    for (unsigned i = 0; i < client->message_count; i++)
        message_free(&client->messages[i]);
    lab_bytes_free(&client->out);
}
