/* hear.c: weighs the answers of a milter. */
#include "filters/milter/hear.h"

#include "filters/milter/agree.h"
#include "filters/milter/edits.h"
#include "filters/milter/reply.h"

static bool of_session(char command)
{
    return command == MILTER_CONNECT || command == MILTER_HELO;
}

static enum milter_heard wrong(struct filter_ctx *ctx, struct milter_client *client, const char *said)
{
    (void)milter_fail(ctx, client, "answered %s with %s", milter_shape(MILTER_OF_MTA, client->awaiting)->name,
                      said);
    return MILTER_HEARD_WRONG;
}

/* The question is answered. What decides about a message ends the milter's part in it, but for one recipient.
 */
static enum milter_heard decide(struct milter_client *client, enum verdict verdict)
{
    client->verdict = verdict;
    client->decided = true;
    client->parting = of_session(client->awaiting);
    if (client->awaiting != MILTER_RCPT || verdict == VERDICT_DISCARD || verdict == VERDICT_ACCEPT)
        client->over = client->over || (verdict != VERDICT_SKIP && client->awaiting != MILTER_UNKNOWN);
    return MILTER_HEARD_ANSWER;
}

/* The last word at the end of a message. */
static enum milter_heard conclude(struct filter_ctx *ctx, struct milter_client *client)
{
    if (!client->quarantine)
        return decide(client, VERDICT_CONTINUE);
    filter_set_reason(ctx, "%s", client->why);
    return decide(client, VERDICT_QUARANTINE);
}

static enum milter_heard go_on(struct filter_ctx *ctx, struct milter_client *client)
{
    return client->awaiting == MILTER_EOM ? conclude(ctx, client) : MILTER_HEARD_ANSWER;
}

/* ACCEPT of an unknown command is no more than CONTINUE: there is nothing that it could accept. */
static enum milter_heard accept(struct filter_ctx *ctx, struct milter_client *client)
{
    if (client->awaiting == MILTER_EOM || client->awaiting == MILTER_UNKNOWN)
        return go_on(ctx, client);
    client->accepted = of_session(client->awaiting);
    return decide(client, VERDICT_ACCEPT);
}

static enum milter_heard discard(struct filter_ctx *ctx, struct milter_client *client)
{
    if (of_session(client->awaiting) || client->awaiting == MILTER_UNKNOWN)
        return wrong(ctx, client, "DISCARD");
    return decide(client, VERDICT_DISCARD);
}

static enum milter_heard skip(struct filter_ctx *ctx, struct milter_client *client)
{
    bool repeated = client->awaiting == MILTER_RCPT || client->awaiting == MILTER_HEADER ||
                    client->awaiting == MILTER_BODY || client->awaiting == MILTER_UNKNOWN;

    if ((client->steps & MILTER_CAN_SKIP) == 0 || !repeated)
        return wrong(ctx, client, "SKIP");
    return decide(client, VERDICT_SKIP);
}

static enum milter_heard reply(struct filter_ctx *ctx, struct milter_client *client, struct span text)
{
    enum verdict verdict = milter_reply_give(ctx, text);

    if (verdict == VERDICT_FAIL)
        return wrong(ctx, client, "a reply that is none");
    return decide(client, verdict);
}

static enum milter_heard answer(struct filter_ctx *ctx, struct milter_client *client,
                                const struct milter_packet *packet)
{
    switch (packet->command) {
    case MILTER_SAY_CONTINUE:
        return go_on(ctx, client);
    case MILTER_SAY_ACCEPT:
        return accept(ctx, client);
    case MILTER_SAY_REJECT:
        return decide(client, VERDICT_REJECT);
    case MILTER_SAY_TEMPFAIL:
        return decide(client, VERDICT_TEMPFAIL);
    case MILTER_SAY_DISCARD:
        return discard(ctx, client);
    case MILTER_SAY_REPLY:
        return reply(ctx, client, packet->strings[0]);
    case MILTER_SAY_SHUTDOWN:
        return decide(client, VERDICT_DISCONNECT);
    case MILTER_SAY_SKIP:
        return skip(ctx, client);
    default:
        return wrong(ctx, client, milter_shape(MILTER_OF_FILTER, packet->command)->name);
    }
}

static enum milter_heard edit(struct filter_ctx *ctx, struct milter_client *client,
                              const struct milter_packet *packet)
{
    if (client->awaiting != MILTER_EOM)
        return wrong(ctx, client, milter_shape(MILTER_OF_FILTER, packet->command)->name);
    return milter_edit(ctx, client, packet) ? MILTER_HEARD_MORE : MILTER_HEARD_WRONG;
}

enum milter_heard milter_hear(struct filter_ctx *ctx, struct milter_client *client, char command,
                              struct span data)
{
    struct milter_packet packet;
    int status = milter_parse(MILTER_OF_FILTER, command, data, &packet);
    enum milter_heard heard;

    if (status < 0)
        return wrong(ctx, client, milter_error_text(status));
    if (command == MILTER_OPTNEG && client->awaiting == MILTER_OPTNEG)
        heard = milter_agree(ctx, client, &packet) ? MILTER_HEARD_ANSWER : MILTER_HEARD_WRONG;
    else if (client->awaiting == MILTER_OPTNEG)
        heard = wrong(ctx, client, milter_shape(MILTER_OF_FILTER, command)->name);
    else if (command == MILTER_SAY_PROGRESS)
        heard = MILTER_HEARD_TIME;
    else if (milter_is_edit(command))
        heard = edit(ctx, client, &packet);
    else
        heard = answer(ctx, client, &packet);
    if (heard == MILTER_HEARD_ANSWER)
        client->awaiting = '\0';
    return heard;
}
