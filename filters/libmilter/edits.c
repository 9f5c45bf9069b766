/* edits.c: smfi_* that a filter calls at the end of a message: each becomes one packet. When they may be
 * called is left to rights.c. */
#include "filters/libmilter/rights.h"

static int send_packet(SMFICTX *ctx, const struct milter_packet *packet, bool prompt)
{
    return ctx->outlet.say(ctx->outlet.arg, packet, prompt) == 0 ? MI_SUCCESS : MI_FAILURE;
}

static bool absent(const char *s)
{
    return s == NULL || *s == '\0';
}

/* A packet of one string that must not be empty, and of one that may be missing. */
static int send_strings(SMFICTX *ctx, enum right right, char command, const char *first, const char *second)
{
    struct milter_packet packet = {.command = command, .strings = {span_str(first), span_str(second)}};

    if (!rights_allow(ctx, right) || absent(first))
        return MI_FAILURE;
    return send_packet(ctx, &packet, false);
}

static int send_field(SMFICTX *ctx, enum right right, char command, int number, const char *name,
                      const char *value)
{
    struct milter_packet packet = {
        .command = command,
        .numbers = {(uint32_t)number},
        .strings = {span_str(name), span_str(value)},
    };

    if (!rights_allow(ctx, right) || number < 0 || absent(name) || value == NULL)
        return MI_FAILURE;
    return send_packet(ctx, &packet, false);
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    return send_field(ctx, RIGHT_ADD_HEADER, MILTER_ADD_HEADER, 0, name, value);
}

int smfi_insheader(SMFICTX *ctx, int position, char *name, char *value)
{
    return send_field(ctx, RIGHT_ADD_HEADER, MILTER_INSERT_HEADER, position, name, value);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int nth, char *value)
{
    return send_field(ctx, RIGHT_CHANGE_HEADER, MILTER_CHANGE_HEADER, nth, name, value != NULL ? value : "");
}

int smfi_chgfrom(SMFICTX *ctx, char *path, char *parameters)
{
    return send_strings(ctx, RIGHT_CHANGE_SENDER, MILTER_CHANGE_SENDER, path, parameters);
}

int smfi_addrcpt(SMFICTX *ctx, char *path)
{
    return send_strings(ctx, RIGHT_ADD_RCPT, MILTER_ADD_RCPT, path, NULL);
}

int smfi_addrcpt_par(SMFICTX *ctx, char *path, char *parameters)
{
    return send_strings(ctx, RIGHT_ADD_RCPT_PAR, MILTER_ADD_RCPT_PAR, path, parameters);
}

int smfi_delrcpt(SMFICTX *ctx, char *path)
{
    return send_strings(ctx, RIGHT_DELETE_RCPT, MILTER_DELETE_RCPT, path, NULL);
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
    return send_strings(ctx, RIGHT_QUARANTINE, MILTER_QUARANTINE, reason, NULL);
}

int smfi_replacebody(SMFICTX *ctx, unsigned char *octets, int len)
{
    struct span left = {(const char *)octets, len > 0 ? (size_t)len : 0};

    if (!rights_allow(ctx, RIGHT_REPLACE_BODY) || len < 0 || (octets == NULL && len > 0))
        return MI_FAILURE;
    do {
        struct milter_packet packet = {
            .command = MILTER_REPLACE_BODY,
            .rest = span_first(left, MILTER_CHUNK_SIZE),
        };
        if (send_packet(ctx, &packet, false) != MI_SUCCESS)
            return MI_FAILURE;
        if (left.len != 0)
            left = span_skip(left, packet.rest.len);
    } while (left.len != 0);
    return MI_SUCCESS;
}

int smfi_progress(SMFICTX *ctx)
{
    struct milter_packet packet = {.command = MILTER_SAY_PROGRESS};

    return rights_allow(ctx, RIGHT_PROGRESS) ? send_packet(ctx, &packet, true) : MI_FAILURE;
}
