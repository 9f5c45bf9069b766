/* path_reply.c: replies to bad paths and parameters (RFC 3463 3.2, 3.6, 3.8); parsing is left to smtp/. */
#include "session/path_reply.h"

#include "smtp/address.h"
#include "smtp/params.h"

const struct reply *path_reply(int error, bool reverse)
{
    static const struct reply replies[][2] = {
        [-ADDRESS_SYNTAX] = {{501, "5.1.3", "Bad recipient address syntax"},
                             {501, "5.1.7", "Bad sender address syntax"}},
        [-ADDRESS_LOCAL_LONG] = {{553, "5.1.3", "Local part too long"},
                                 {553, "5.1.7", "Local part too long"}},
        [-ADDRESS_DOMAIN_LONG] = {{553, "5.1.3", "Domain too long"}, {553, "5.1.7", "Domain too long"}},
        [-ADDRESS_PATH_LONG] = {{553, "5.1.3", "Path too long"}, {553, "5.1.7", "Path too long"}},
        [-ADDRESS_NEEDS_UTF8] = {{553, "5.6.7", "Internationalised address needs SMTPUTF8"},
                                 {553, "5.6.7", "Internationalised address needs SMTPUTF8"}},
        [-ADDRESS_BAD_UTF8] = {{553, "5.6.7", "Malformed UTF-8 in address"},
                               {553, "5.6.7", "Malformed UTF-8 in address"}},
    };

    return &replies[-error][reverse ? 1 : 0];
}

const struct reply *path_params_reply(int error)
{
    static const struct reply replies[] = {
        [-PARAMS_SYNTAX] = {501, "5.5.4", "Bad parameter syntax"},
        [-PARAMS_UNKNOWN] = {555, "5.5.4", "Parameter not recognised or not offered"},
        [-PARAMS_DUPLICATE] = {501, "5.5.4", "Parameter given twice"},
        [-PARAMS_TOO_MANY] = {501, "5.5.4", "Too many parameters"},
    };

    return &replies[-error];
}

void path_question(struct span address, struct span parameters, struct filter_path *out)
{
    const char *at = address.len != 0 ? memrchr(address.ptr, '@', address.len) : NULL;

    *out = (struct filter_path){.address = address, .local = address, .parameters = parameters};
    if (at == NULL)
        return;
    out->local.len = (size_t)(at - address.ptr);
    out->domain = span_skip(address, out->local.len + 1);
}
