/* edits.c: the edits of a milter, in the words of the filter's services. */
#include "filters/milter/edits.h"

#include <assert.h>
#include <stdlib.h>

/* "<a@b>" or "a@b" */
static struct span bare(struct span path)
{
    path = span_trim(path);
    if (path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        return span_of(path.ptr + 1, path.len - 2);
    return path;
}

/* A value as it is to stand behind the colon: milters end the lines of a folded one with LF, and leave out
 * the space in front unless they have agreed to write it. Belongs to the caller; ptr is NULL when memory is
 * short. */
static struct span unfold(const struct milter_client *client, struct span value)
{
    char *to = malloc(2 * value.len + 1);
    size_t len = 0;

    if (to == NULL)
        return (struct span){0};
    if ((client->steps & MILTER_LEAD_SPACE) == 0)
        to[len++] = ' ';
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\n' && (i == 0 || value.ptr[i - 1] != '\r'))
            to[len++] = '\r';
        to[len++] = value.ptr[i];
    }
    return span_of(to, len);
}

static int write_header(struct filter_ctx *ctx, const struct milter_client *client,
                        const struct milter_packet *packet)
{
    struct span name = packet->strings[0], value = unfold(client, packet->strings[1]);
    uint32_t at = packet->numbers[0];
    int status;

    if (value.ptr == NULL)
        return -1;
    if (packet->command == MILTER_ADD_HEADER)
        status = filter_append_header(ctx, name, value);
    else if (packet->command == MILTER_CHANGE_HEADER)
        status = filter_change_header(ctx, name, at != 0 ? at : 1, value);
    else if (at == 0)
        status = filter_prepend_header(ctx, name, value);
    else /* our trace field, which the milter does not see, is counted */
        status = filter_insert_header(ctx, at - 1, name, value);
    free((char *)value.ptr);
    return status;
}

static int header(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    uint32_t at = packet->numbers[0];

    if (at > INT32_MAX)
        return -1;
    if (packet->command == MILTER_CHANGE_HEADER && packet->strings[1].len == 0)
        return filter_delete_header(ctx, packet->strings[0], at != 0 ? at : 1);
    return write_header(ctx, client, packet);
}

static int body(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    const struct milter_config *config = filter_config(ctx);

    client->body += packet->rest.len;
    if (client->new_body_ended || client->body > config->max_body)
        return -1;
    client->new_body = true;
    return filter_replace_body(ctx, packet->rest);
}

/* A milter that insists on being offered what it never does can be told that it may. */
static bool edits_envelope(struct filter_ctx *ctx)
{
    const struct milter_config *config = filter_config(ctx);

    return config->envelope == MILTER_ENVELOPE_EDIT;
}

static int sender(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    if (!edits_envelope(ctx))
        return -1;
    (void)client;
    return filter_change_sender(ctx, bare(packet->strings[0]), span_trim(packet->strings[1]));
}

static int recipient(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    (void)client;
    if (!edits_envelope(ctx))
        return -1;
    if (packet->command == MILTER_DELETE_RCPT)
        return filter_delete_recipient(ctx, bare(packet->strings[0]));
    return filter_add_recipient(ctx, bare(packet->strings[0]), span_trim(packet->strings[1]));
}

/* No change but a verdict, which counts when the last word has come. */
static int quarantine(struct filter_ctx *ctx, struct milter_client *client,
                      const struct milter_packet *packet)
{
    struct span reason = span_first(packet->strings[0], sizeof(client->why) - 1);

    (void)ctx;
    if (reason.len != 0)
        memcpy(client->why, reason.ptr, reason.len);
    client->why[reason.len] = '\0';
    client->quarantine = true;
    return 0;
}

static const struct row {
    char command;
    uint32_t action;
    int (*make)(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet);
} rows[] = {
    {MILTER_ADD_HEADER, MILTER_MAY_ADD_HEADERS, header},
    {MILTER_INSERT_HEADER, MILTER_MAY_ADD_HEADERS, header},
    {MILTER_CHANGE_HEADER, MILTER_MAY_CHANGE_HEADERS, header},
    {MILTER_REPLACE_BODY, MILTER_MAY_CHANGE_BODY, body},
    {MILTER_CHANGE_SENDER, MILTER_MAY_CHANGE_SENDER, sender},
    {MILTER_ADD_RCPT, MILTER_MAY_ADD_RCPT, recipient},
    {MILTER_ADD_RCPT_PAR, MILTER_MAY_ADD_RCPT_PAR, recipient},
    {MILTER_DELETE_RCPT, MILTER_MAY_DELETE_RCPT, recipient},
    {MILTER_QUARANTINE, MILTER_MAY_QUARANTINE, quarantine},
};

static const struct row *row_of(char command)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].command == command)
            return &rows[i];
    return NULL;
}

bool milter_is_edit(char command)
{
    return row_of(command) != NULL;
}

bool milter_edit(struct filter_ctx *ctx, struct milter_client *client, const struct milter_packet *packet)
{
    const struct row *row = row_of(packet->command);
    const char *name = milter_shape(MILTER_OF_FILTER, packet->command)->name;

    assert(row != NULL);
    if (packet->command != MILTER_REPLACE_BODY)
        client->new_body_ended = client->new_body;
    if ((client->actions & row->action) == 0) {
        if ((client->lied & row->action) == 0)
            filter_log(ctx, "%s is passed over: it was not agreed on", name);
        client->lied |= row->action;
        return true;
    }
    if (row->make(ctx, client, packet) == 0)
        return true;
    (void)milter_fail(ctx, client, "its %s cannot be carried out", name);
    return false;
}
