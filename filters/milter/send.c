/* send.c: hands packets to the transport; those told in one go are the list of the answers that are due. */
#include "filters/milter/send.h"

#include <assert.h>

#include "filters/milter/tell.h"

#define PUT_OFF_OCTETS 65536 /* of packets that wait to be told together */

static const struct milter_transport *transport_of(struct filter_ctx *ctx)
{
    const struct milter_config *config = filter_config(ctx);

    return config->transport;
}

/* Of the packets that were told in one go, those that `passed` is the command of left out, the next that is
 * answered is awaited; when there is none they are done with. */
static void await_next(struct milter_client *client, char passed)
{
    struct milter_writer *out = &client->out;

    client->awaiting = '\0';
    while (client->answered < out->len && client->awaiting == '\0') {
        struct milter_reader reader = {0};
        struct span data;
        char command = '\0';
        long n = milter_read(&reader, span_skip(milter_written(out), client->answered), &command, &data);
        assert(n > 0 && command != '\0'); /* we have written it, in one piece */
        client->answered += (size_t)n;
        if (command != passed && milter_is_due(client, command))
            client->awaiting = command;
    }
    if (client->awaiting == '\0')
        out->len = client->sent = client->answered = 0;
}

bool milter_push(struct filter_ctx *ctx, struct milter_client *client)
{
    const struct milter_transport *transport = transport_of(ctx);
    struct milter_writer *out = &client->out;

    if (client->gathering || client->put_off || client->sent == out->len)
        return true;
    client->sent += transport->send(client->link, span_of(out->ptr + client->sent, out->len - client->sent));
    if (client->sent < out->len)
        return false;
    if (transport->at_once)
        await_next(client, '\0');
    else
        out->len = client->sent = 0;
    return true;
}

bool milter_puts_off(struct filter_ctx *ctx, const struct milter_client *client)
{
    char command = client->event.command;

    if (!transport_of(ctx)->at_once || client->version == 0 ||
        client->out.len - client->sent >= PUT_OFF_OCTETS)
        return false;
    return command == MILTER_HEADER || command == MILTER_EOH || command == MILTER_BODY ||
           (command == MILTER_EOM && !client->told);
}

bool milter_more_is_due(struct filter_ctx *ctx, struct milter_client *client, char answered)
{
    bool skip = client->decided && client->verdict == VERDICT_SKIP, more = false;
    char passed = '\0';

    if (skip)
        passed = answered;
    if (transport_of(ctx)->at_once) {
        if (client->decided && !skip)
            client->out.len = client->sent = client->answered = 0;
        else
            await_next(client, passed);
        more = client->awaiting != '\0';
    }
    if (skip && (more || answered != client->event.command))
        client->decided = false;
    return more;
}
