/* client_hear.c: reads replies strictly and gives each to the command it must belong to: exactly one for
 * each, in their order, well-formed, about that command. */
#include <ctype.h>
#include <stdlib.h>

#include "sim.h"

/* Codes that may answer: "4" stands for all of a class. Tags: what an upstream calls the command. */
static const struct {
    const char *codes, *tags;
} answers[SAY_VERBS] = {
    [SAY_NOTHING] = {"220 421 554", ""},
    [SAY_EHLO] = {"250 4 5", "EHLO"},
    [SAY_HELO] = {"250 4 5", "EHLO"},
    [SAY_AUTH] = {"334 235 4 5", "AUTH"},
    [SAY_STARTTLS] = {"220 4 5", ""},
    [SAY_RESPONSE] = {"235 334 4 5", "AUTH"},
    [SAY_NOISE] = {"250 252 214 4 5", "VRFY NOOP"},
    [SAY_NOOP] = {"250 4 5", "NOOP"},
    [SAY_MAIL] = {"250 4 5", "MAIL"},
    [SAY_RCPT] = {"250 4 5", "RCPT MAIL"},
    [SAY_DATA] = {"354 4 5", "DATA MAIL RCPT"}, /* the last two: the envelope is told once more */
    [SAY_CONTENT] = {"250 4 5", "END DATA MAIL RCPT"},
    [SAY_BDAT] = {"250 4 5", "BDAT END DATA MAIL RCPT"},
    [SAY_RSET] = {"250 4 5", "RSET"},
    [SAY_QUIT] = {"221 4 5", "QUIT"},
};

/* One of the words, or its class, is the code. */
static bool code_fits(const char *codes, unsigned code)
{
    char *end;

    for (const char *at = codes; *at != '\0'; at = end) {
        unsigned long want = strtoul(at, &end, 10);
        if (want == code || want == code / 100)
            return true;
    }
    return code == 421;
}

/* "{MAIL c0m1}" in a text must be about this command. */
static bool tag_fits(const struct command *command, struct span line)
{
    char bytes[64], verb[16], id[16] = "", which[8] = "", want[8];
    const char *open = memchr(line.ptr, '{', line.len);
    const char *close = open != NULL ? memchr(open, '}', line.len - (size_t)(open - line.ptr)) : NULL;
    size_t len = close != NULL ? (size_t)(close - open) - 1 : 0;

    if (close == NULL || len >= sizeof(bytes))
        return true;
    memcpy(bytes, open + 1, len);
    bytes[len] = '\0';
    if (sscanf(bytes, "%15s %15s %7s", verb, id, which) < 1)
        return true;
    (void)snprintf(want, sizeof(want), "r%u", command->which);
    if (strstr(answers[command->verb].tags, verb) == NULL)
        return false;
    if (id[0] != '\0' && (command->message == NULL || strcmp(id, command->message->id) != 0))
        return false;
    return which[0] == '\0' || command->verb != SAY_RCPT || strcmp(which, want) == 0;
}

static void learn_offers(struct client *client, struct span line)
{
    struct span word = span_skip(line, 4);

    client->offers_chunking = client->offers_chunking || span_eq(word, SPAN("CHUNKING"));
    client->offers_auth = client->offers_auth || span_starts_nocase(word, SPAN("AUTH "));
    client->offers_tls = client->offers_tls || span_eq(word, SPAN("STARTTLS"));
    client->offers_size = client->offers_size || span_starts_nocase(word, SPAN("SIZE"));
}

static void told_end(struct client *client, struct message *message, unsigned code)
{
    ledger_told(client->sim, message, code);
    faults_point(client->sim, client, POINT_TOLD, SIDE_CLIENT);
}

static void heard_message(struct client *client, const struct command *command, unsigned code)
{
    struct message *message = command->message;
    bool good = code / 100 == 2;

    switch (command->verb) {
    case SAY_MAIL:
        if (good && !client_encrypted(client) && client->sim->config.listener.tls == CLIENT_TLS_REQUIRED)
            sim_fail(client->sim, "TLS", "client %u: MAIL was accepted in plaintext", client->number);
        message->open = good;
        message->dead = !good;
        break;
    case SAY_RCPT:
        message->to[command->which].told = code;
        break;
    case SAY_DATA:
        message->dead = code != 354;
        break;
    case SAY_CONTENT:
        told_end(client, message, code);
        break;
    case SAY_BDAT:
        message->dead = message->dead || !good;
        if (command->which + 1 == message->chunks)
            told_end(client, message, code);
        break;
    default:
        break;
    }
}

static void heard(struct client *client, const struct command *command, unsigned code)
{
    bool good = code / 100 == 2;

    if (command->message != NULL)
        heard_message(client, command, code);
    if (command->verb == SAY_STARTTLS && code == 220) {
        client->introduced = client->asked_auth = client->authenticated = false;
        client_encrypt(client);
    }
    if (command->verb == SAY_NOTHING && !good)
        client->barred = true;
    if ((command->verb == SAY_EHLO || command->verb == SAY_HELO) && good)
        client->introduced = true;
    if (command->verb == SAY_EHLO && good)
        client->extended = true;
    if (command->verb == SAY_AUTH && code != 334 && client->sent < client->planned &&
        client->commands[client->sent].verb == SAY_RESPONSE)
        client_drop(client);
    if ((command->verb == SAY_AUTH || command->verb == SAY_RESPONSE) && code == 235)
        client->authenticated = true;
    if (client->plain && !client->upset && code >= 400)
        sim_fail(client->sim, client->number + 1 == client->sim->count ? "I8" : "I5",
                 "client %u does nothing wrong and was told %u to %s", client->number, code,
                 client_verb_name(command->verb));
}

/* A whole reply has come. */
static void take(struct client *client, struct span reply, unsigned code)
{
    struct sim *sim = client->sim;
    const struct command *command = &client->commands[client->answered];

    sim_tell(sim, client, "S:", reply);
    client->code = code;
    client->dismissed = client->dismissed || code == 421;
    client->touched = sim->lab.now;
    if (client->answered == client->sent) {
        /* An answer before the last octet has been sent, or one to nothing. */
        if (code != 421 && !client->early && client->stage == 0)
            sim_fail(sim, "answers", "client %u: a reply nobody waits for", client->number);
        if (client->stage == 0 || code == 421 || client->early)
            return;
        sim_fail(sim, "answers", "client %u: %u before the command was complete", client->number, code);
        return;
    }
    client->answered++;
    if (!code_fits(answers[command->verb].codes, code) && !client->lied_to)
        sim_fail(sim, "answers", "client %u: %u answers %s", client->number, code,
                 client_verb_name(command->verb));
    for (struct span rest = reply; rest.len != 0;) {
        const char *lf = memchr(rest.ptr, '\n', rest.len);
        struct span line = span_of(rest.ptr, (size_t)(lf - rest.ptr) - 1);
        if (command->verb == SAY_EHLO)
            learn_offers(client, line);
        if (!tag_fits(command, line) && !client->lied_to)
            sim_fail(sim, "answers", "client %u: the reply to another command answers %s", client->number,
                     client_verb_name(command->verb));
        rest = span_skip(rest, line.len + 2);
    }
    heard(client, command, code);
}

/* Reply-line = Reply-code [ SP textstring ] CRLF / Reply-code "-" ... (RFC 5321 4.2); textstring is printable
 * here. */
static bool line_valid(struct span line, unsigned code)
{
    if (line.len < 4 || line.len > 512 || !isdigit(line.ptr[0]) || !isdigit(line.ptr[1]) ||
        !isdigit(line.ptr[2]))
        return false;
    if (line.ptr[3] != ' ' && line.ptr[3] != '-')
        return false;
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t')
            return false;
    return code == 0 || strtoul(line.ptr, NULL, 10) == code;
}

/* The first reply of `data`: its length, 0 when it is not whole yet. */
static size_t next_reply(struct client *client, struct span data, unsigned *code)
{
    size_t at = 0;

    for (*code = 0;;) {
        const char *lf = at < data.len ? memchr(data.ptr + at, '\n', data.len - at) : NULL;
        struct span line;
        if (lf == NULL)
            return 0;
        line = span_of(data.ptr + at, (size_t)(lf - data.ptr) - at);
        if (line.len == 0 || line.ptr[line.len - 1] != '\r' ||
            !line_valid(span_first(line, line.len - 1), *code)) {
            sim_fail(client->sim, "answers", "client %u: malformed reply \"%.*s\"", client->number,
                     (int)line.len, line.ptr);
            return 0;
        }
        *code = (unsigned)strtoul(line.ptr, NULL, 10);
        at += line.len + 1;
        if (line.ptr[3] == ' ')
            return at;
    }
}

void client_hear(struct client *client)
{
    unsigned code;
    size_t n;

    while (!client->sim->failed &&
           (n = next_reply(client, lab_bytes_from(&client->pipe->from, client->read), &code)) != 0) {
        struct span reply = lab_bytes_from(&client->pipe->from, client->read);
        client->read += n;
        take(client, span_first(reply, n), code);
    }
}
