/* context.c: contexts come and go, and what a filter registered is made fit for use. */
#include "filters/libmilter/context.h"

#include <stdlib.h>

#include "filters/libmilter/say.h"

SMFICTX *context_new(const struct smfiDesc *filter, struct outlet outlet, int debug)
{
    SMFICTX *ctx = calloc(1, sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->filter = filter;
    ctx->outlet = outlet;
    ctx->debug = debug;
    return ctx;
}

void context_free(SMFICTX *ctx)
{
    if (ctx == NULL)
        return;
    if (ctx->private_data != NULL)
        say(ctx->filter, LOG_WARNING, "xxfi_close left private data behind");
    macros_forget(&ctx->macros, MILTER_AT_CONNECT);
    for (size_t stage = 0; stage < MILTER_STAGES; stage++)
        free(ctx->symbols[stage]);
    free(ctx->reply);
    free(ctx->arguments);
    free(ctx);
}

int filter_describe(struct smfiDesc *filter)
{
    int version = filter->xxfi_version;

    if ((version < 2 || version > 4) && (SM_LM_VRS_MAJOR(version) != SM_LM_VRS_MAJOR(SMFI_VERSION) ||
                                         SM_LM_VRS_MINOR(version) != SM_LM_VRS_MINOR(SMFI_VERSION)))
        return -1;
    /* Sources compiled for an older version gave a shorter struct: there is anything behind it. */
    if (version < 3)
        filter->xxfi_unknown = NULL;
    if (version < 4)
        filter->xxfi_data = NULL;
    if (version < 5)
        filter->xxfi_negotiate = NULL;
    return 0;
}

uint32_t filter_unwanted(const struct smfiDesc *filter)
{
    return (filter->xxfi_connect == NULL ? MILTER_NO_CONNECT : 0) |
           (filter->xxfi_helo == NULL ? MILTER_NO_HELO : 0) |
           (filter->xxfi_envfrom == NULL ? MILTER_NO_MAIL : 0) |
           (filter->xxfi_envrcpt == NULL ? MILTER_NO_RCPT : 0) |
           (filter->xxfi_header == NULL ? MILTER_NO_HEADERS : 0) |
           (filter->xxfi_eoh == NULL ? MILTER_NO_EOH : 0) | (filter->xxfi_body == NULL ? MILTER_NO_BODY : 0) |
           (filter->xxfi_unknown == NULL ? MILTER_NO_UNKNOWN : 0) |
           (filter->xxfi_data == NULL ? MILTER_NO_DATA : 0);
}
