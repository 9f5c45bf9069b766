/* client.c: an SMTP client that hands in one stored message and leaves; to whom is left to trial.c. */
#include "scan/client.h"

#include <errno.h>

#define CONTENT_ROOM 1024 /* less is not worth a piece of content */

static const char *const verbs[] = {
    [CLIENT_GREETING] = "CONNECT", [CLIENT_HELO] = "EHLO", [CLIENT_MAIL] = "MAIL",
    [CLIENT_RCPT] = "RCPT",        [CLIENT_DATA] = "DATA", [CLIENT_CONTENT] = "message",
    [CLIENT_QUIT] = "QUIT",
};

static void put(struct client *client, struct span s)
{
    if (s.len != 0 && !wire_put(&client->wire, s) && client->wire.error == 0)
        client->wire.error = -ENOMEM;
}

/* One command is under way at a time and fits the empty buffer, if that can be had: a path has at most 256
 * octets. */
static void say(struct client *client, enum client_stage stage, struct span before, struct span argument,
                struct span after)
{
    client->stage = stage;
    put(client, before);
    put(client, argument);
    put(client, after);
}

static void say_rcpt(struct client *client)
{
    say(client, CLIENT_RCPT, SPAN("RCPT TO:<"), client->envelope->recipients[client->recipient],
        SPAN(">\r\n"));
}

static void quit(struct client *client)
{
    say(client, CLIENT_QUIT, SPAN("QUIT"), SPAN(""), SPAN("\r\n"));
}

/* The text of the last line. */
static struct span text_of(const struct reply_in *reply)
{
    struct span rest = reply->lines, line, text = SPAN("");

    while (reply_next_line(&rest, &line))
        text = line;
    return text;
}

/* The message goes on with the recipients that are left; the reply kept is that of the first refused. */
static void on_recipient(struct client *client, const struct reply_in *reply)
{
    struct finding *finding = client->finding;

    finding->recipients++;
    if (reply->code >= 400 && finding->recipients_refused++ == 0)
        finding_answered(finding, "RCPT", reply->code, text_of(reply));
    if (++client->recipient < client->envelope->count)
        say_rcpt(client);
    else if (finding->recipients_refused < finding->recipients)
        say(client, CLIENT_DATA, SPAN("DATA"), SPAN(""), SPAN("\r\n"));
    else
        quit(client);
}

static void on_reply(struct client *client, const struct reply_in *reply)
{
    enum client_stage stage = client->stage;

    if (stage == CLIENT_QUIT)
        return;
    if (stage == CLIENT_RCPT && reply->code != 421) {
        on_recipient(client, reply);
        return;
    }
    if (reply->code >= 400) {
        finding_answered(client->finding, verbs[stage], reply->code, text_of(reply));
        quit(client);
        return;
    }
    switch (stage) {
    case CLIENT_GREETING:
        say(client, CLIENT_HELO, SPAN("EHLO "), span_str(client->helo), SPAN("\r\n"));
        break;
    case CLIENT_HELO:
        say(client, CLIENT_MAIL, SPAN("MAIL FROM:<"), client->envelope->reverse_path, SPAN(">\r\n"));
        break;
    case CLIENT_MAIL:
        say_rcpt(client);
        break;
    case CLIENT_DATA:
        client->stage = CLIENT_CONTENT;
        break;
    default: /* the message was taken; which recipients were not is remembered */
        finding_answered(client->finding, NULL, reply->code, text_of(reply));
        quit(client);
        break;
    }
}

/* True when a reply was read. */
static bool hear(struct client *client)
{
    static const struct reply_limits limits = {16384, 128};
    struct reply_in reply;
    long n = reply_read(&client->reader, buf_data(&client->wire.in), &limits, &reply);

    if (n == 0)
        return false;
    if (n < 0) { /* never of a session's making */
        client->wire.error = -EPROTO;
        return false;
    }
    on_reply(client, &reply);
    client->reader = (struct reply_reader){0};
    buf_consume(&client->wire.in, (size_t)n);
    return true;
}

static void send_content(struct client *client)
{
    size_t room;
    char *to;

    while (client->stage == CLIENT_CONTENT && !feed_over(&client->feed) &&
           wire_put_room(&client->wire) >= CONTENT_ROOM) {
        to = wire_reserve(&client->wire, &room);
        if (to == NULL) {
            client->wire.error = -ENOMEM;
            return;
        }
        wire_reserved(&client->wire, feed_write(&client->feed, to, room));
    }
}

static void advance(void *owner)
{
    struct client *client = owner;

    while (client->wire.error == 0 && hear(client))
        continue;
    send_content(client);
    wire_update(&client->wire);
    if (client->stage != CLIENT_OVER && (client->wire.eof || client->wire.error != 0)) {
        client->stage = CLIENT_OVER;
        wire_close(&client->wire, false);
        client->over(client->owner);
    }
}

void client_begin(struct client *client, struct pool *pool, const struct wire_ops *ops, void *carrier)
{
    client->stage = CLIENT_GREETING;
    client->reader = (struct reply_reader){0};
    client->recipient = 0;
    wire_init(&client->wire, pool, advance, client);
    wire_attach(&client->wire, ops, carrier);
    wire_update(&client->wire);
}
