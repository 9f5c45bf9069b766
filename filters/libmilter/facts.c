/* facts.c: smfi_* that a filter calls in any callback, and those that keep something in its context. The
 * reply is left to reply.c. */
#include <stdlib.h>

#include "filters/libmilter/rights.h"

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    if (ctx == NULL || name == NULL || *name == '\0')
        return NULL;
    return macros_find(&ctx->macros, span_str(name));
}

int smfi_setpriv(SMFICTX *ctx, void *private_data)
{
    if (ctx == NULL)
        return MI_FAILURE;
    ctx->private_data = private_data;
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx != NULL ? ctx->private_data : NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *names)
{
    if (!rights_allow(ctx, RIGHT_SYMBOLS) || names == NULL)
        return MI_FAILURE;
    if (stage < SMFIM_FIRST || stage > SMFIM_LAST || ctx->symbols[stage] != NULL)
        return MI_FAILURE;
    ctx->symbols[stage] = strdup(names);
    return ctx->symbols[stage] != NULL ? MI_SUCCESS : MI_FAILURE;
}

int smfi_version(unsigned int *major, unsigned int *minor, unsigned int *patch)
{
    if (major != NULL)
        *major = SM_LM_VRS_MAJOR(SMFI_VERSION);
    if (minor != NULL)
        *minor = SM_LM_VRS_MINOR(SMFI_VERSION);
    if (patch != NULL)
        *patch = SM_LM_VRS_PLVL(SMFI_VERSION);
    return MI_SUCCESS;
}
